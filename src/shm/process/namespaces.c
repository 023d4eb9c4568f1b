/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/process/child.h"
#include "shm/process/ipc_files.h"
#include "shm/process/ipc_mounts.h"
#include "shm/process/namespace_names.h"
#include "shm/process/procfs.h"
#include "shm/system/array.h"
#include "shm/system/intmap.h"
#include "shm/system/safe_open.h"

/* What a worker sends about a namespace, with a descriptor if it is new. */
struct sighting {
	dev_t device;
	ino_t inode;
	pid_t pid; /* a process or thread in it; 0: it was found by its path */
	bool is_thread;
	int error;                  /* why it could not be opened, an errno value */
	char command[COMMAND_SIZE]; /* of pid; empty: not known */
	struct namespace_names names;
	char path[PATH_MAX + 64];
};

/*
 * In a worker: stands for a descriptor that the parent has. A worker that is stuck must not keep a
 * namespace in existence. close(2) of this number does nothing.
 */
enum { HELD_BY_PARENT = INT_MAX };

/* A search. Only the worker changes the members from "worker" on. */
struct search {
	struct namespaces *found;
	struct intmap places; /* by inode: the place of a namespace in found, plus 1 */
	struct use {          /* shared by all workers */
		struct ipc_files_use files;
		struct ipc_mounts_use mounts;
		bool reads_mounts; /* the worker: see note_reading() */
	} * use;
	struct surroundings here;
	int first_unused; /* the first descriptor that no namespace may have */
	bool with_names;
	struct cgroup_memo *memo; /* for the worker; NULL: without limits */

	/* worker: its copy of list also has what it has found itself */
	const struct worker *worker;
	pid_t pid;
	uid_t uid;          /* its user */
	int process;        /* its directory in /proc */
	int thread;         /* that of one of its threads */
	ino_t mounts_inode; /* of its mount namespace; 0: not known */
	pid_t mounts_pid;   /* whose mounts are read: see ipc_mounts_read() */
	unsigned int mounts_read_again;
	struct mounts { /* mount namespaces that were read, and through processes of which user */
		struct mounts_read {
			ino_t inode;
			uid_t uid;
		} * items;
		size_t count;
		size_t capacity;
	} mounts;
};

/* Whether the namespace is to have this process: rather than none, or only a thread. */
static bool is_closer(const struct namespace *known, const struct sighting *seen)
{
	return seen->pid && (!known->pid || (known->thread && !seen->is_thread));
}

static bool is_better(const struct namespace *known, const struct sighting *seen)
{
	return is_closer(known, seen) || (seen->pid && known->named_by_pause);
}

static void set_names(struct namespace *ns, const struct sighting *seen)
{
	bool pause = strcmp(seen->command, "pause") == 0;

	if (pause && ns->named_by_pause)
		return; /* GCOVR_EXCL_LINE: rarely: the order of the processes */
	strcpy(ns->name, seen->names.name);
	ns->users_known = seen->names.users_known;
	ns->named_by_pause = pause && strncmp(ns->name, "pod/", 4) == 0;
}

/* Sets the process in the namespace (or else a thread), or if it has none, the path. */
static int set_path(struct namespace *ns, const struct sighting *seen)
{
	char *path;

	/* /proc/TID works for a thread, too */
	if (!seen->pid)
		path = strdup(seen->path);
	else if (asprintf(&path, "/proc/%d/ns/ipc", seen->pid) < 0)
		path = NULL;
	if (!path)
		return ENOMEM;
	strcpy(ns->command, seen->command);
	ns->cgroup = seen->names.cgroup;
	free(ns->path);
	ns->path = path;
	ns->pid = seen->pid;
	ns->thread = seen->is_thread;
	return 0;
}

/* The namespace with this inode, or NULL. All have the same device, and inodes of 32 bits. */
static struct namespace *find_known(const struct search *search, ino_t inode)
{
	uintptr_t place = (uintptr_t)intmap_get(&search->places, (uint32_t)inode);

	return place ? &search->found->items[place - 1] : NULL;
}

/* Adds a namespace that is not known, and takes it over. Returns 0 or ENOMEM. */
static int add(struct search *search, struct namespace *ns)
{
	const uint32_t key = (uint32_t)ns->inode;
	int error = namespaces_add(search->found, ns);

	if (error)
		return error;
	/* no pointer to the namespace, which moves when the list grows */
	return intmap_add(&search->places, key, (void *)(uintptr_t)search->found->count);
}

/* Adds a namespace to the list, or completes its entry, if known. Takes over the descriptor. */
static int learn(struct search *search, struct namespace *known, const struct sighting *seen,
		 int fd)
{
	struct namespace ns = {
		.device = seen->device,
		.inode = seen->inode,
		.fd = fd,
		/* the worker could open it, but this process has no room for the descriptor */
		.error = fd < 0 && !seen->error ? EMFILE : seen->error,
	};
	int error;

	if (!known) {
		set_names(&ns, seen);
		error = set_path(&ns, seen);
		if (!error)
			return add(search, &ns);
		namespace_close(&ns); /* GCOVR_EXCL_LINE: not enough memory */
		return error;
	}
	if (known->fd < 0 && fd >= 0) {
		/* GCOVR_EXCL_START: rarely: a later process can be opened, the first could not */
		known->fd = fd;
		known->error = 0;
		/* GCOVR_EXCL_STOP */
	} else if (fd >= 0) {
		close(fd);
	}
	if (!is_better(known, seen))
		return 0;
	set_names(known, seen);
	return is_closer(known, seen) ? set_path(known, seen) : 0;
}

/* Closes a descriptor that is not the namespace that was seen, sets the error, and returns -1. */
static int keep_if_seen(int fd, struct sighting *seen)
{
	struct namespace ns = { .fd = fd };

	/* a namespace of another kind may have got its number */
	if (namespace_identify(&ns) == 0 && ns.device == seen->device && ns.inode == seen->inode)
		return fd;
	seen->error = ENOENT;
	close(fd);
	return -1;
}

/*
 * Opens the namespace that was seen. A hostile process may have made the path lead to another
 * file in the meantime, such as a device that starts something when it is opened. So the path
 * is opened with O_PATH first, which has no effect, and then through that descriptor.
 */
static int open_by_path(const char *path, struct sighting *seen)
{
	int place;
	int fd;

	seen->error = open_if_same(path, seen->device, seen->inode, &place);
	if (seen->error)
		return -1;
	seen->error = open_again(place, O_RDONLY, &fd);
	close(place);
	return seen->error ? -1 : keep_if_seen(fd, seen);
}

/* Opens the namespace of the process or thread that was seen, and reads its names. */
static int open_by_process(const struct search *search, struct sighting *seen)
{
	int fd = openat(search->thread, "ns/ipc", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		seen->error = errno;
	else
		fd = keep_if_seen(fd, seen);
	process_read_command_at(search->thread, seen->command);
	if (search->with_names)
		namespace_names_read(search->worker, &search->here, search->thread,
				     search->mounts_inode, search->memo, &seen->names);
	return fd;
}

/*
 * Sends and remembers what is new about a namespace. path opens it if no process is known
 * to be in it; NULL: it cannot be opened. Returns 0 or ENOMEM.
 */
static int see(struct search *search, const char *path, struct sighting *seen)
{
	struct namespace *known = find_known(search, seen->inode);
	int fd = -1;
	int error = 0;

	if (known && known->fd >= 0 && !is_better(known, seen))
		return 0;
	if (seen->pid)
		fd = open_by_process(search, seen);
	else if (path && (!known || known->fd < 0))
		fd = open_by_path(path, seen);
	/* it exits now, or another file has its path */
	if (seen->pid ? process_has_exited(search->thread, seen->error)
		      : path && seen->error == ENOENT)
		return 0;
	worker_send(search->worker, seen, offsetof(struct sighting, path) + strlen(seen->path) + 1,
		    fd);
	if (search->worker->is_child)
		error = learn(search, known, seen, fd < 0 ? -1 : HELD_BY_PARENT);
	if (fd >= 0)
		close(fd);
	return error;
}

/*
 * Each thread can have moved to a namespace of its own (unshare(2)), and the first thread can have
 * exited before the others. Returns 0 or an errno value; EACCES or EPERM: not permitted for it.
 */
static int look_at_thread(void *context, int directory, pid_t tid)
{
	struct search *search = context;
	struct sighting seen = {
		.device = search->found->items[0].device,
		.inode = namespace_inode(directory, "ns/ipc", "ipc"),
		.pid = tid,
		.is_thread = tid != search->pid,
	};

	search->thread = directory;
	return seen.inode ? see(search, NULL, &seen) : errno;
}

/* A namespace that a process holds open may have no process and no mount. */
static int look_at_file(void *context, ino_t inode, const char *path)
{
	struct search *search = context;
	struct sighting seen = { .device = search->found->items[0].device, .inode = inode };

	snprintf(seen.path, sizeof(seen.path), "%s", path);
	return see(search, seen.path, &seen);
}

/*
 * Notes whether it reads a list of mounts. That waits for a lock of the whole machine
 * (namespace_sem), which any user can hold for long by copying mount namespaces. So no user is to
 * blame, and if the worker is lost there, no other list is read.
 */
static void note_reading(struct search *search, bool reading)
{
	search->use->reads_mounts = reading;
	scan_blame(search->worker, reading ? (uid_t)-1 : search->uid);
}

static bool is_still_mounted(struct search *search, ino_t inode, const char *point)
{
	bool result;

	note_reading(search, true);
	result = ipc_mounts_have(search->mounts_pid, &search->use->mounts, inode, point);
	note_reading(search, false);
	return result;
}

/*
 * How often the mounts of a process are read again, to see whether one is still there: a
 * hostile user could have thousands of hidden mounts.
 */
enum { MOUNTS_READ_AGAIN = 16 };

static int look_at_mount(struct search *search, ino_t inode, const char *point)
{
	struct sighting seen = { .device = search->found->items[0].device, .inode = inode };
	const struct namespace *known = find_known(search, inode);
	int fd;

	if (known && known->fd >= 0)
		return 0; /* GCOVR_EXCL_LINE: rarely: the order of the processes */
	if (!search->mounts_pid)
		snprintf(seen.path, sizeof(seen.path), "%s", point);
	else
		snprintf(seen.path, sizeof(seen.path), "/proc/%d/root%s", search->pid, point);
	seen.error = open_if_same(seen.path, seen.device, seen.inode, &fd);
	if (!seen.error) {
		close(fd);
		return see(search, seen.path, &seen);
	}
	/* another mount hides it, which must not be opened */
	seen.error = ENOENT;
	/* or it has been unmounted in the meantime */
	if (search->mounts_read_again++ < MOUNTS_READ_AGAIN &&
	    !is_still_mounted(search, inode, point))
		return 0; /* GCOVR_EXCL_LINE: rarely: it is unmounted now */
	return see(search, NULL, &seen);
}

static int found_mount(void *context, ino_t inode, const char *point)
{
	struct search *search = context;
	int error;

	note_reading(search, false);
	error = look_at_mount(search, inode, point);
	note_reading(search, true);
	return error;
}

/* Whether it is in no chroot(2): the kernel lists only the mounts below its root directory. */
static bool sees_all_mounts(const struct search *search)
{
	char root[2];

	return readlinkat(search->process, "root", root, sizeof(root)) == 1 && *root == '/';
}

/*
 * Reads the mounts of a process, until those of its mount namespace have been read through one that
 * sees all of them. A process can have its root directory elsewhere: then its list has no root. And
 * a mount namespace that has ended can give its number to another one, perhaps of another user.
 */
static int look_at_mounts(struct search *search)
{
	struct mounts *mounts = &search->mounts;
	const ino_t inode = search->mounts_inode;
	const bool own = inode == search->here.mounts;
	const struct mounts_read entry = { inode, own ? 0 : search->uid };
	bool sees_all;
	bool has_root;
	int error;

	if (!inode)
		return 0;
	for (size_t i = 0; i < mounts->count; i++) {
		if (mounts->items[i].inode == inode && mounts->items[i].uid == entry.uid)
			return 0;
	}
	if (ARRAY_MAKE_ROOM(mounts))
		return ENOMEM;
	if (search->use->reads_mounts) {
		mounts->items[mounts->count++] = entry;
		search->use->mounts.lists_skipped++;
		return 0;
	}
	/* its own mounts through no pid: that process may have moved to another namespace */
	search->mounts_pid = own ? 0 : search->pid;
	sees_all = sees_all_mounts(search);
	note_reading(search, true);
	error = ipc_mounts_read(search->mounts_pid, &search->use->mounts, &has_root, found_mount,
				search);
	note_reading(search, false);
	if (own || (sees_all && has_root && sees_all_mounts(search)))
		mounts->items[mounts->count++] = entry;
	return error;
}

static int look(const struct worker *worker, void *context, pid_t pid, int process)
{
	struct search *search = context;
	int error;

	search->process = process;
	search->worker = worker;
	search->pid = pid;
	search->uid = scan_blamed(worker);
	search->use->reads_mounts &= worker->is_child; /* without a child, none was lost */
	search->mounts_inode = namespace_inode(search->process, "ns/mnt", "mnt");
	error = threads_each(search->process, pid, look_at_thread, search);
	if (!error)
		error = look_at_mounts(search);
	if (!error)
		error = ipc_files_read(pid, search->process, &search->use->files, look_at_file,
				       search);
	return error;
}

static int take(void *context, pid_t pid, const void *message, size_t size, int fd)
{
	struct search *search = context;
	const struct sighting *seen = message;
	const struct namespace *own = &search->found->items[0];
	struct namespace ns = { .fd = fd };
	bool valid = size > offsetof(struct sighting, path) && size <= sizeof(*seen) &&
		     ((const char *)message)[size - 1] == '\0' && seen->device == own->device &&
		     seen->pid >= 0 && (fd < 0 || !seen->error) &&
		     memchr(seen->command, '\0', COMMAND_SIZE) &&
		     memchr(seen->names.name, '\0', UNIT_SIZE);

	(void)pid;
	if (valid && fd >= 0)
		valid = namespace_identify(&ns) == 0 && ns.inode == seen->inode;
	if (fd >= search->first_unused) {
		close(fd);
		fd = -1;
	}
	if (valid)
		return learn(search, find_known(search, seen->inode), seen, fd);
	/* GCOVR_EXCL_START: rarely: a worker that another process took over sends this */
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

int namespaces_find(struct namespaces *found, struct scan_losses *losses)
{
	const struct namespaces *before = found->before;
	struct cgroup_memo memo = { 0 };
	struct search search = {
		.found = found,
		.use = shared_memory(sizeof(*search.use)),
		.with_names = found->with_names && proc_is_ours(),
		.memo = found->with_limits ? &memo : NULL,
	};
	struct intmap lost = { 0 };
	struct scan scan = {
		.look = look, .take = take, .context = &search, .losses = losses, .lost_pids = &lost
	};
	struct namespace own;
	int error;

	*found = (struct namespaces){ .with_limits = found->with_limits,
				      .with_names = found->with_names };
	if (!search.use)
		return ENOMEM;
	surroundings_read(&search.here);
	search.first_unused = namespaces_raise_file_limit();
	error = namespace_open("/proc/self/ns/ipc", &own);
	if (!error)
		error = add(&search, &own);
	if (!error)
		error = scan_all(&scan);
	found->hidden = scan.hidden;
	found->first_hidden = scan.first_hidden;
	found->lost = scan.lost;
	found->silent = scan.silent;
	found->ended = scan.ended;
	found->too_many_files = search.use->files.processes_skipped;
	found->too_many_mounts = search.use->mounts.lists_skipped;
	munmap(search.use, sizeof(*search.use));
	free(search.mounts.items);
	intmap_free(&search.places, NULL);
	/* the namespace of this process stays first */
	if (found->count)
		qsort(found->items + 1, found->count - 1, sizeof(*found->items), compare_names);
	if (!error && found->with_names) {
		strcpy(found->items[0].name, search.here.host_name);
		namespace_users_find(found->items, found->count, losses);
	}
	/* a namespace may not have been found because not everything was searched */
	if (!error && before && (found->lost || found->too_many_files || found->too_many_mounts))
		error = namespaces_keep_lost(found, before, &lost);
	intmap_free(&lost, NULL);
	return error;
}
