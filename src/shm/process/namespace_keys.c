/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/namespace_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/segment/ftok.h"
#include "shm/system/array.h"
#include "shm/system/compat.h"

/* What a worker sends about a process in one of the namespaces. */
struct finding {
	size_t index; /* of the namespace */
	enum { ASKED, KEY, FAILED, ANSWERED } what;
	key_t key;
	ssize_t error; /* an errno value (as wide as index: no padding) */
};

/* A pair of an IPC namespace and a mount namespace of one of its processes */
struct looked {
	size_t index;
	ino_t mounts;
};

struct search {
	struct namespaces *found;
	const struct keep_files *files;
	struct {
		struct looked *items;
		size_t count;
		size_t capacity;
	} looked; /* pairs done by this worker */
};

/* Sets the index of the IPC namespace of a process; 0: not one of the wanted ones. */
static int namespace_of(const struct search *search, pid_t pid, size_t *index)
{
	const struct namespaces *found = search->found;
	struct stat status;
	char path[64];

	*index = 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/ipc", pid);
	if (stat(path, &status) < 0)
		return errno;
	for (size_t i = 1; i < found->count && !*index; i++) {
		if (found->items[i].inode == status.st_ino &&
		    found->items[i].device == status.st_dev)
			*index = i;
	}
	return 0;
}

/* Whether this is the first process of its IPC and mount namespace. */
static bool is_new(struct search *search, size_t index, pid_t pid)
{
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	if (stat(path, &status) < 0)
		return false; /* GCOVR_EXCL_LINE: rarely: the process exits before */
	for (size_t i = 0; i < search->looked.count; i++) {
		if (search->looked.items[i].index == index &&
		    search->looked.items[i].mounts == status.st_ino)
			return false;
	}
	/* if out of memory, the same pair is done again */
	if (!ARRAY_MAKE_ROOM(&search->looked))
		search->looked.items[search->looked.count++] =
			(struct looked){ index, status.st_ino };
	return true;
}

static void send(const struct worker *worker, int what, size_t index, key_t key, int error)
{
	const struct finding finding = { index, what, key, error };

	worker_send(worker, &finding, sizeof(finding), -1);
}

/* Whether an error means that the file does not exist. */
static bool is_absent(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

/*
 * Opens what a path is below a root, before Linux 5.6 or where seccomp refuses
 * openat2(2). Only a worker may do that: one that could not come back ends. A link of
 * /proc may lead out of that root, but only to a key that is kept in vain.
 */
static int open_by_chroot(const struct worker *worker, int root, const char *path)
{
	int own = worker->is_child ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	int error = own < 0 ? ENOSYS : 0;
	int fd = -1;

	if (!error && (fchdir(root) < 0 || chroot(".") < 0))
		error = errno;
	if (!error) {
		fd = open(path, O_PATH | O_CLOEXEC);
		error = errno;
		if (fchdir(own) < 0 || chroot(".") < 0)
			_exit(EXIT_FAILURE); /* GCOVR_EXCL_LINE: chroot(2) was permitted before */
	}
	if (own >= 0)
		close(own);
	errno = error;
	return fd;
}

static void look_at_file(const struct worker *worker, size_t index, int root,
			 const struct keep_file *file)
{
	struct openat2_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, root, file->path, &how, sizeof(how));
	key_t key = 0;
	int error;

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = open_by_chroot(worker, root, file->path);
	error = fd < 0 ? errno : ftok_key_of(fd, file->project, &key);

	if (fd >= 0)
		close(fd);
	if (!error && key)
		send(worker, KEY, index, key, 0);
	else if (error && !is_absent(error))
		send(worker, FAILED, index, 0, error);
}

/* In the worker */
static int look(const struct worker *worker, void *context, pid_t pid)
{
	struct search *search = context;
	char path[64];
	size_t index;
	int root;
	int error = namespace_of(search, pid, &index);

	if (error || !index || !is_new(search, index, pid))
		return error;
	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return errno;
	send(worker, ASKED, index, 0, 0);
	for (size_t i = 0; i < search->files->count; i++)
		look_at_file(worker, index, root, &search->files->items[i]);
	send(worker, ANSWERED, index, 0, 0);
	close(root);
	return 0;
}

/* In the parent */
static int take(void *context, pid_t pid, const void *message, size_t size, int fd)
{
	const struct search *search = context;
	const struct finding *finding = message;
	struct namespace *ns;

	(void)pid;
	if (fd >= 0)
		close(fd); /* GCOVR_EXCL_LINE: only a damaged worker sends a descriptor */
	if (size != sizeof(*finding) || finding->index >= search->found->count)
		return EBADMSG;
	ns = &search->found->items[finding->index];
	ns->kept.asked += finding->what == ASKED;
	ns->kept.answered += finding->what == ANSWERED;
	if (finding->what == FAILED)
		ns->kept.error = (int)finding->error;
	if (finding->what != KEY)
		return 0;
	if (ARRAY_MAKE_ROOM(&ns->kept))
		return ENOMEM;
	ns->kept.items[ns->kept.count++] = finding->key;
	return 0;
}

int namespace_keys_find(struct namespaces *found, const struct keep_files *files,
			struct scan_losses *losses)
{
	struct search search = { .found = found, .files = files };
	struct scan scan = { .look = look, .take = take, .context = &search, .losses = losses };
	int error = scan_all(&scan);

	for (size_t i = 1; i < found->count && !error; i++) {
		struct namespace *ns = &found->items[i];

		/* the scan asks only processes; a thread may be in another namespace */
		if (ns->thread && !ns->kept.asked)
			error = scan_list(&scan, &ns->pid, 1);
		if (ns->kept.answered < ns->kept.asked || (ns->pid && !ns->kept.asked))
			ns->kept.error = ETIMEDOUT;
	}
	free(search.looked.items);
	return error;
}
