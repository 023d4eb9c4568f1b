/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/namespaces.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/process/child.h"
#include "shm/process/ipc_files.h"
#include "shm/process/ipc_mounts.h"
#include "shm/process/procfs.h"
#include "shm/system/array.h"

/* Raises the soft limit on open files: there may be more than 1024 namespaces. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* What a worker sends about a namespace, with a descriptor if it is new. */
struct sighting {
	dev_t device;
	ino_t inode;
	pid_t pid; /* a process or thread in it; 0: it was found by its path */
	bool is_thread;
	int error; /* why it could not be opened, an errno value */
	char path[PATH_MAX + 64];
};

static bool is_better(const struct namespace *known, const struct sighting *seen)
{
	return seen->pid && (!known->pid || (known->thread && !seen->is_thread));
}

/* Sets the process in the namespace (or else a thread), or if it has none, the path. */
static int set_name(struct namespace *ns, const struct sighting *seen)
{
	char *path;

	/* /proc/TID works for a thread, too */
	if (!seen->pid)
		path = strdup(seen->path);
	else if (asprintf(&path, "/proc/%d/ns/ipc", seen->pid) < 0)
		path = NULL;
	if (!path)
		return ENOMEM;
	free(ns->path);
	ns->path = path;
	ns->pid = seen->pid;
	ns->thread = seen->is_thread;
	return 0;
}

/* Adds a namespace to the list, or completes its entry. Takes over the descriptor. */
static int learn(struct namespaces *list, const struct sighting *seen, int fd)
{
	struct namespace ns = {
		.device = seen->device,
		.inode = seen->inode,
		.fd = fd,
		.error = seen->error,
	};
	struct namespace *known = namespaces_get(list, &ns);
	int error;

	if (!known) {
		error = set_name(&ns, seen);
		if (!error)
			return namespaces_add(list, &ns);
		namespace_close(&ns);
		return error;
	}
	if (known->fd < 0 && fd >= 0) {
		known->fd = fd;
		known->error = 0;
	} else if (fd >= 0) {
		close(fd);
	}
	return is_better(known, seen) ? set_name(known, seen) : 0;
}

/* A search. Only the worker changes the members from "worker" on. */
struct search {
	struct namespaces *found;
	ino_t own_mounts; /* inode of this process's mount namespace */
	struct ipc_files_use *files;

	/* worker: its copy of list also has what it has found itself */
	const struct worker *worker;
	pid_t pid;
	bool mounts_are_own;
	struct mounts { /* inodes of the mount namespaces that were read */
		ino_t *items;
		size_t count;
		size_t capacity;
	} mounts;
};

/* The inode of a namespace of this process; 0: it has exited. */
static ino_t inode_of(pid_t pid, const char *kind)
{
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kind);
	return stat(path, &status) < 0 ? 0 : status.st_ino;
}

/* Whether an error of a file in /proc/PID means that the process has exited. */
static bool has_exited(int error)
{
	return error == ENOENT || error == ESRCH;
}

/*
 * Opens the namespace that was seen. A hostile process may have made the path lead to another
 * file in the meantime, such as a device that starts something when it is opened. So the path
 * is opened with O_PATH first, which has no effect, and then through that descriptor.
 */
static int open_seen(const char *path, struct sighting *seen)
{
	struct namespace ns = { .fd = -1 };
	struct stat status = { 0 };
	char self[64];
	int fd = open(path, O_PATH | O_CLOEXEC);

	seen->error = fd < 0 || fstat(fd, &status) < 0 ? errno : 0;
	if (!seen->error && (status.st_dev != seen->device || status.st_ino != seen->inode))
		seen->error = ENOENT;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (!seen->error)
		seen->error = namespace_open(self, &ns);
	if (fd >= 0)
		close(fd);
	free(ns.path);
	return ns.fd;
}

/*
 * Sends and remembers what is new about a namespace. path opens it, or is NULL if it
 * cannot be opened. Returns 0 or ENOMEM.
 */
static int see(const struct search *search, const char *path, struct sighting *seen)
{
	const struct namespace ns = { .device = seen->device, .inode = seen->inode };
	const struct namespace *known = namespaces_get(search->found, &ns);
	int fd = -1;
	int error = 0;

	if (known && known->fd >= 0 && !is_better(known, seen))
		return 0;
	if (path && (!known || known->fd < 0))
		fd = open_seen(path, seen);
	if (seen->pid && has_exited(seen->error))
		return 0;
	worker_send(search->worker, seen, offsetof(struct sighting, path) + strlen(seen->path) + 1,
		    fd);
	if (search->worker->is_child)
		error = learn(search->found, seen, fd);
	else if (fd >= 0)
		close(fd);
	return error;
}

/* Returns 0 or an errno value; EACCES or EPERM: not permitted for this thread. */
static int look_at_thread(const struct search *search, pid_t tid)
{
	struct sighting seen = { .pid = tid, .is_thread = tid != search->pid };
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/ns/ipc", search->pid, tid);
	if (stat(path, &status) < 0)
		return has_exited(errno) ? 0 : errno;
	seen.device = status.st_dev;
	seen.inode = status.st_ino;
	return see(search, path, &seen);
}

/*
 * Looks at all threads: each can have moved to a namespace of its own (unshare(2)),
 * and the first thread can have exited before the others.
 */
static int look_at_threads(const struct search *search)
{
	const struct dirent *entry;
	struct stat status;
	char path[64];
	DIR *tasks;
	int error = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", search->pid);
	/* the directory has two links, and one for each thread */
	if (stat(path, &status) == 0 && status.st_nlink == 3)
		return look_at_thread(search, search->pid);
	tasks = opendir(path);
	if (!tasks)
		return errno;
	while (!error && (errno = 0, entry = readdir(tasks))) {
		pid_t tid = process_number(entry->d_name);

		if (tid)
			error = look_at_thread(search, tid);
	}
	if (!error)
		error = errno; /* of readdir(3), if it failed */
	closedir(tasks);
	return error;
}

/* A namespace that a process holds open may have no process and no mount. */
static int look_at_file(void *context, ino_t inode, const char *path)
{
	const struct search *search = context;
	struct sighting seen = { .device = search->found->items[0].device, .inode = inode };

	snprintf(seen.path, sizeof(seen.path), "%s", path);
	return see(search, seen.path, &seen);
}

/* A mount point, below the root directory of a process. */
struct place {
	ino_t inode;
	const char *point;
	bool is_there;
};

static int compare_place(void *context, ino_t inode, const char *point)
{
	struct place *place = context;

	place->is_there |= inode == place->inode && strcmp(point, place->point) == 0;
	return 0;
}

/* Whether the namespace is at this path. Another mount may hide it, which must not be opened. */
static bool is_mounted_at(const char *path, const struct sighting *seen)
{
	struct stat status;
	int fd = open(path, O_PATH | O_CLOEXEC);
	bool same = fd >= 0 && fstat(fd, &status) == 0 && status.st_dev == seen->device &&
		    status.st_ino == seen->inode;

	if (fd >= 0)
		close(fd);
	return same;
}

static int look_at_mount(void *context, ino_t inode, const char *point)
{
	const struct search *search = context;
	struct place place = { .inode = inode, .point = point };
	struct sighting seen = { .device = search->found->items[0].device, .inode = inode };

	if (search->mounts_are_own)
		snprintf(seen.path, sizeof(seen.path), "%s", point);
	else
		snprintf(seen.path, sizeof(seen.path), "/proc/%d/root%s", search->pid, point);
	if (is_mounted_at(seen.path, &seen))
		return see(search, seen.path, &seen);
	seen.error = ENOENT;
	ipc_mounts_read(search->pid, compare_place, &place);
	/* otherwise it has been unmounted in the meantime */
	return place.is_there ? see(search, NULL, &seen) : 0;
}

/* Reads the mounts of a process, once for each mount namespace. */
static int look_at_mounts(struct search *search)
{
	struct mounts *mounts = &search->mounts;
	ino_t inode = inode_of(search->pid, "mnt");

	if (!inode)
		return 0;
	for (size_t i = 0; i < mounts->count; i++) {
		if (mounts->items[i] == inode)
			return 0;
	}
	if (ARRAY_MAKE_ROOM(mounts))
		return ENOMEM;
	mounts->items[mounts->count++] = inode;
	search->mounts_are_own = inode == search->own_mounts;
	return ipc_mounts_read(search->pid, look_at_mount, search);
}

static int look(const struct worker *worker, void *context, pid_t pid)
{
	struct search *search = context;
	int error;

	search->worker = worker;
	search->pid = pid;
	error = look_at_threads(search);
	if (!error)
		error = look_at_mounts(search);
	if (!error)
		error = ipc_files_read(pid, search->files, look_at_file, search);
	return error;
}

static int take(void *context, pid_t pid, const void *message, size_t size, int fd)
{
	const struct search *search = context;
	const struct sighting *seen = message;
	const struct namespace *own = &search->found->items[0];
	struct namespace ns = { .fd = fd };
	bool valid = size > offsetof(struct sighting, path) && size <= sizeof(*seen) &&
		     ((const char *)message)[size - 1] == '\0' && seen->device == own->device &&
		     seen->pid >= 0 && (fd < 0 || !seen->error);

	(void)pid;
	if (valid && fd >= 0)
		valid = namespace_identify(&ns) == 0 && ns.inode == seen->inode;
	else if (valid && !seen->error)
		valid = namespaces_get(search->found, &(struct namespace){ .device = seen->device,
									   .inode = seen->inode });
	if (valid)
		return learn(search->found, seen, fd);
	/* GCOVR_EXCL_START: only a worker that another process took over sends this */
	if (fd >= 0)
		close(fd);
	return EBADMSG;
	/* GCOVR_EXCL_STOP */
}

/* Sorts by the lowest process; namespaces without a process come last. */
static int compare_names(const void *left, const void *right)
{
	const struct namespace *a = left;
	const struct namespace *b = right;

	if (!a->pid != !b->pid)
		return a->pid ? -1 : 1;
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return (a->inode > b->inode) - (a->inode < b->inode);
}

/*
 * Adds the namespaces of an earlier list that were not found, if their process still exists: it
 * may be one of those that did not answer. Returns 0 or ENOMEM.
 */
static int keep_lost(struct namespaces *found, const struct namespaces *before)
{
	int error = 0;

	for (size_t i = 0; i < before->count && !error; i++) {
		const struct namespace *ns = &before->items[i];
		struct namespace copy;

		if (namespaces_get(found, ns) || (ns->pid && process_user(ns->pid) == (uid_t)-1))
			continue;
		error = namespace_copy_unopened(ns, ETIMEDOUT, &copy);
		if (!error)
			error = namespaces_add(found, &copy);
	}
	return error;
}

int namespaces_find(struct namespaces *found, struct scan_losses *losses)
{
	const struct namespaces *before = found->before;
	struct search search = {
		.found = found,
		.own_mounts = inode_of(getpid(), "mnt"),
		.files = shared_memory(sizeof(*search.files)),
	};
	struct scan scan = { .look = look, .take = take, .context = &search, .losses = losses };
	struct namespace own;
	int error;

	*found = (struct namespaces){ .with_limits = found->with_limits };
	if (!search.files)
		return ENOMEM;
	raise_file_limit();
	error = namespace_open("/proc/self/ns/ipc", &own);
	if (!error)
		error = namespaces_add(found, &own);
	if (!error)
		error = scan_all(&scan);
	found->hidden = scan.hidden;
	found->first_hidden = scan.first_hidden;
	found->lost = scan.lost;
	found->silent = scan.silent;
	found->too_many_files = search.files->processes_skipped;
	munmap(search.files, sizeof(*search.files));
	free(search.mounts.items);
	for (size_t i = 0; i < found->count; i++) {
		if (found->items[i].pid)
			process_read_command(found->items[i].pid, found->items[i].command);
	}
	/* the namespace of this process stays first */
	if (!error)
		qsort(found->items + 1, found->count - 1, sizeof(*found->items), compare_names);
	return error || !before || !found->lost ? error : keep_lost(found, before);
}

int namespaces_open_number(ino_t inode, struct namespace *ns)
{
	struct namespaces found = { 0 };
	int error = namespaces_find(&found, NULL);
	size_t i = 0;

	*ns = (struct namespace){ .fd = -1 };
	while (i < found.count && found.items[i].inode != inode)
		i++;
	if (!error && i == found.count)
		error = ENXIO;
	if (!error && found.items[i].fd < 0)
		error = found.items[i].error;
	if (!error) {
		*ns = found.items[i];
		/* the caller has it now */
		found.items[i] = (struct namespace){ .fd = -1 };
	}
	namespaces_free(&found);
	return error;
}
