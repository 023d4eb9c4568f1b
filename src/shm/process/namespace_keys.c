/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/namespace_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/process/procfs.h"
#include "shm/segment/control.h"
#include "shm/segment/ftok.h"
#include "shm/system/array.h"
#include "shm/system/clock.h"
#include "shm/system/compat.h"
#include "shm/system/safe_open.h"

/* What a worker sends about a process in one of the namespaces. */
struct finding {
	size_t index; /* of the namespace */
	enum { ASKED, KEY, FAILED, ANSWERED } what;
	key_t key;
	int error; /* an errno value */
	int alone; /* whether this is of the only thread (an int: no padding) */
};

/*
 * The root directory of a process in an IPC namespace. The kernel can give the id of a mount that
 * has ended to another one, so what was found for a user counts only for the same user.
 */
struct root_directory {
	size_t index;      /* of the namespace */
	uid_t user;        /* of the process */
	uint64_t mount_id; /* of proc_pid_fdinfo(5): each mount is in one mount namespace */
	dev_t device;
	ino_t inode;
};

/*
 * For how long a worker looks for files of ordinary users' processes, in milliseconds: any user can
 * make root directories in which the kernel is slow to find a file.
 */
enum { USERS_TIME = 1000 };

struct search {
	struct namespaces *found;
	int64_t users_time; /* what is left of it */
	size_t first;       /* the first wanted namespace */
	const struct keep_files *files;
	size_t unanswered; /* processes whose only thread was asked, but did not answer */

	/* worker: */
	const struct worker *worker;
	pid_t pid;
	int process; /* its directory in /proc */
	bool alone;  /* it has only one thread */
	struct {
		struct root_directory *items;
		size_t count;
		size_t capacity;
	} roots_done;
};

/* The namespace of this process is not wanted. It is the first, unless it was excluded. */
static size_t first_wanted(const struct namespaces *found)
{
	return found->count && namespace_is_ours(found->items[0].fd);
}

/* Sets the index of the IPC namespace of a process; found->count: not one of the wanted ones. */
static int namespace_of(const struct search *search, int process, size_t *index)
{
	const struct namespaces *found = search->found;
	const ino_t inode = namespace_inode(process, "ns/ipc", "ipc");

	*index = found->count;
	if (!inode)
		return errno;
	for (size_t i = search->first; i < found->count; i++) {
		if (found->items[i].inode == inode)
			*index = i;
	}
	return 0;
}

/* Identifies a root directory, without asking a file server. Returns 0 or an errno value. */
static int identify(int fd, struct root_directory *root)
{
	struct stat status;
	int error = stat_locally(fd, &status);

	if (error)
		return error;
	root->device = status.st_dev;
	root->inode = status.st_ino;
	return mount_id(fd, &root->mount_id);
}

static bool is_done(const struct search *search, const struct root_directory *root)
{
	for (size_t i = 0; i < search->roots_done.count; i++) {
		const struct root_directory *done = &search->roots_done.items[i];

		if (done->index == root->index && done->user == root->user &&
		    done->mount_id == root->mount_id && done->device == root->device &&
		    done->inode == root->inode)
			return true;
	}
	return false;
}

static void send(const struct search *search, int what, size_t index, key_t key, int error)
{
	const struct finding finding = { index, what, key, error, search->alone };

	worker_send(search->worker, &finding, sizeof(finding), -1);
}

/* Whether the file does not exist. ELOOP: it may, but openat2(2) follows no link of /proc. */
static bool is_absent(int error)
{
	return error == ENOENT || error == ENOTDIR;
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

static void look_at_file(const struct search *search, size_t index, int root,
			 const struct keep_file *file)
{
	struct openat2_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;
	key_t key = 0;
	int error = EAGAIN;

	/* EAGAIN: a process renamed a file while .. was resolved */
	for (int tries = 0; error == EAGAIN && tries < 50; tries++) {
		fd = (int)syscall(SYS_openat2, root, file->path, &how, sizeof(how));
		error = fd < 0 ? errno : 0;
	}
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = open_by_chroot(search->worker, root, file->path);
	error = fd < 0 ? errno : ftok_key_of(fd, file->project, &key);

	if (fd >= 0)
		close(fd);
	if (!error && key)
		send(search, KEY, index, key, 0);
	else if (error && !is_absent(error))
		send(search, FAILED, index, 0, error);
}

/* Looks at the files below a root directory, unless they have been looked at before. */
static void look_below(struct search *search, size_t index, int fd)
{
	const int64_t begin = monotonic_ms();
	struct root_directory root = { .index = index, .user = scan_blamed(search->worker) };
	int error = identify(fd, &root);

	if (!error && is_done(search, &root))
		return;
	if (search->users_time <= 0 && !process_is_of_root(search->pid)) {
		send(search, FAILED, index, 0, ETIME);
		return;
	}
	send(search, ASKED, index, 0, 0);
	for (size_t i = 0; i < search->files->count; i++)
		look_at_file(search, index, fd, &search->files->items[i]);
	send(search, ANSWERED, index, 0, 0);
	if (!process_is_of_root(search->pid))
		search->users_time -= monotonic_ms() - begin;
	/* if it cannot be remembered, the same directory is looked at again */
	if (!error && !ARRAY_MAKE_ROOM(&search->roots_done))
		search->roots_done.items[search->roots_done.count++] = root;
}

/* Each thread can have a namespace and a root directory of its own (unshare(2)). */
static int look_at_thread(void *context, int directory, pid_t tid)
{
	struct search *search = context;
	size_t index;
	int root = -1;
	int error = namespace_of(search, directory, &index);

	(void)tid;
	search->alone = directory == search->process;
	if (error || index == search->found->count)
		return error;
	root = openat(directory, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return errno;
	look_below(search, index, root);
	close(root);
	return 0;
}

/* In the worker */
static int look(const struct worker *worker, void *context, pid_t pid, int process)
{
	struct search *search = context;

	search->process = process;
	search->worker = worker;
	search->pid = pid;
	return threads_each(process, pid, look_at_thread, search);
}

/* In the parent */
static int take(void *context, pid_t pid, const void *message, size_t size, int fd)
{
	struct search *search = context;
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
	search->unanswered += finding->what == ASKED && finding->alone;
	search->unanswered -= finding->what == ANSWERED && finding->alone;
	if (finding->what == FAILED)
		ns->kept.error = finding->error;
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
	struct search search = { .found = found,
				 .users_time = USERS_TIME,
				 .first = first_wanted(found),
				 .files = files };
	struct scan scan = {
		.look = look, .take = take, .context = &search, .losses = losses, .late = true
	};
	int error = scan_all(&scan);
	const bool complete = proc_is_complete();
	/*
	 * Whether a process did not answer, or was skipped (scan.h), before its namespaces were
	 * known. If its only thread was asked, this concerns only the namespace of that.
	 */
	const bool any_lost = scan.lost > search.unanswered;
	/* for ordinary users that is usual, and such processes do not use what they may remove */
	const bool hidden = (geteuid() == 0 || may_control_all()) && !users_are_foreign() &&
			    (scan.hidden || proc_hides_processes());

	for (size_t i = search.first; i < found->count && !error; i++) {
		struct namespace *ns = &found->items[i];

		if (any_lost || ns->kept.answered < ns->kept.asked ||
		    (ns->pid && !ns->kept.asked && !ns->kept.error))
			ns->kept.error = ETIMEDOUT;
		else if (hidden)
			ns->kept.error = EPERM;
		else if (!ns->kept.asked && !ns->kept.error && !complete)
			ns->kept.error = ESRCH;
	}
	free(search.roots_done.items);
	return error;
}
