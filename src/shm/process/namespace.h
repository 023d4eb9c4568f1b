/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namespace: opens and enters IPC namespaces. */
#ifndef SHM_PROCESS_NAMESPACE_H
#define SHM_PROCESS_NAMESPACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shm/process/procfs.h"
#include "shm/process/unit.h"
#include "shm/system/cgroup.h"

struct limits;

/*
 * One IPC namespace. It is identified by the device and inode of /proc/PID/ns/ipc
 * (namespaces(7)).
 */
struct namespace
{
	dev_t device;
	ino_t inode;
	int fd;      /* keeps it in existence; -1: it could not be opened, see error */
	int error;   /* an errno value */
	pid_t pid;   /* a process in it; 0: none is known */
	bool thread; /* pid is that of a thread; no whole process is known to be in it */
	char *path;  /* a path that opens it: in /proc, or where it is mounted or held open */
	bool unread; /* its segments could not be listed */
	/* how often in a row it was not found, if it is excluded, or kept from an earlier list */
	unsigned int missed;
	struct limits *limits;       /* with_limits of struct namespaces; NULL: not read */
	struct cgroup_memory cgroup; /* of pid, as limits and name; its limit is 0: not known */
	bool foreign; /* its user namespace was entered, too: uids and gids are those in there */
	char command[COMMAND_SIZE]; /* command name of pid; empty: not known */
	/* these are only set with_names of struct namespaces, see namespace_names.h */
	bool users_known;     /* the names of users and groups on this machine apply */
	bool named_by_pause;  /* named by the pause process of a pod: another name is better */
	char name[UNIT_SIZE]; /* empty: not known */
	struct {
		key_t *items;
		size_t count;
		size_t capacity;
		size_t asked;    /* how many of its processes were asked for the files */
		size_t answered; /* how many of them answered */
		int error;       /* why keys may be missing, an errno value, or 0 */
	} kept;                  /* keys that files of the keep list have here: namespace_keys.h */
};

/*
 * Enters an IPC namespace: from here on, all System V calls act in it. Requires no
 * privilege if this process is in it already. Returns 0 or an errno value.
 */
int namespace_join(int fd);

/* Whether this process is in that IPC namespace. */
bool namespace_is_ours(int fd);

/*
 * Who has all capabilities in an IPC namespace: the outermost user namespace that it belongs to,
 * below that of this process, as its inode; 0: that of this process, or not known. owner is the
 * same number for all user namespaces of one user, but of each container that root has started it
 * is another one. This process must stay in its user namespace after the first call.
 */
struct namespace_owner {
	uint64_t owner;
	ino_t users;
};

struct namespace_owner namespace_owner(const struct namespace *ns);

/*
 * Locks the namespace while segments are removed or changed (rm, set): two removals would
 * mistake each other's attachments for use, and the mode 0 of a segment that is being removed
 * is not changed. Waits at most *patience milliseconds, since
 * any process can hold this lock, and subtracts the time that it waited; gives up earlier
 * if a signal has come (signals.h). Returns false if the namespace is not locked.
 * Children inherit the lock. namespace_unlock() or namespace_close() releases it.
 */
bool namespace_lock(const struct namespace *ns, int64_t *patience);
void namespace_unlock(const struct namespace *ns);

/* How long to wait for these locks in one run, in milliseconds. */
enum { NAMESPACE_PATIENCE = 3000 };

/*
 * Enters an IPC namespace as namespace_join() does. If that is not permitted, first
 * enters the user namespace that owns it (ioctl_ns(2)), as rootless containers
 * require, and sets *users_changed: from then on uids and gids are those of that user
 * namespace.
 */
int namespace_enter_fd(int fd, bool *users_changed);

/*
 * Open an IPC namespace without entering it, and set device, inode, fd and path:
 * namespace_open_of() that of a process, and pid; namespace_open() a file of the kernel's, such
 * as /proc/PID/ns/ipc; namespace_open_path() a file that a user named, safely
 * (safe_open.h). namespace_close() must follow. They return 0 or an errno value;
 * EINVAL: not an IPC namespace; ESRCH: no such process; EXDEV: /proc is that of another PID
 * namespace; ETIMEDOUT: the process does not answer (scan.h). namespace_open_path() may also
 * return errors of safe_open.h.
 */
int namespace_open_of(pid_t pid, struct namespace *ns);
int namespace_open(const char *path, struct namespace *ns);
int namespace_open_path(const char *path, struct namespace *ns);
void namespace_close(struct namespace *ns);

/*
 * Makes a copy that has no descriptor but this error, and neither limits nor keys.
 * namespace_close() must follow. Returns 0 or ENOMEM.
 */
int namespace_copy_unopened(const struct namespace *ns, int error, struct namespace *copy);

/* Sets device and inode from fd. Returns 0 or an errno value; EINVAL: not an IPC namespace. */
int namespace_identify(struct namespace *ns);

/* Whether both are the same namespace. */
static inline bool namespace_same(const struct namespace *a, const struct namespace *b)
{
	return a->device == b->device && a->inode == b->inode;
}

/*
 * Whether the capabilities of this process apply to the IPC namespace that it is in:
 * that must be owned by the process's user namespace or by one below it.
 */
bool capabilities_count_here(void);

#endif
