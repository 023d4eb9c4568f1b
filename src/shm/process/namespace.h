/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namespace: an IPC namespace, and how to get into one. */
#ifndef SHM_PROCESS_NAMESPACE_H
#define SHM_PROCESS_NAMESPACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shm/process/procfs.h"

/*
 * One IPC namespace. Device and inode tell which: those of /proc/PID/ns/ipc
 * (namespaces(7)).
 */
struct namespace
{
	dev_t device;
	ino_t inode;
	int fd;       /* keeps it from ending; -1: it could not be opened, see error */
	int error;    /* an errno value */
	pid_t pid;    /* lives in it; 0: no process is known to */
	bool thread;  /* pid is that of a thread: no whole process is known to live in it */
	char *path;   /* names it: in /proc, or where it is mounted or held open */
	bool unread;  /* its segments could not be listed */
	bool foreign; /* its users are those of another user namespace, that was entered too */
	char command[COMMAND_SIZE]; /* that of pid; empty where that is not known */
	struct {
		key_t *items;
		size_t count;
		size_t capacity;
		size_t asked;    /* so many of its processes were asked for the files */
		size_t answered; /* so many did answer */
		int error;       /* why one may be missing, an errno value, or 0 */
	} kept;                  /* keys that files of the keep list have here: namespace_keys.h */
};

/*
 * From here on, all calls are about this IPC namespace. It needs no right when it
 * is our own already. Returns 0 or an errno value.
 */
int namespace_join(int fd);

/* Whether it is the one that we are in. */
bool namespace_is_ours(int fd);

/*
 * The same. Where we may not enter it
 * as we are, the user namespace that owns it is entered first (ioctl_ns(2)), as it
 * must be for rootless containers; *users_changed says that users and groups are
 * from then on those of the container.
 */
int namespace_enter_fd(int fd, bool *users_changed);

/*
 * Opens that of a process, or this namespace file, without entering it: sets
 * device, inode, fd and path. namespace_close() ends it. Returns 0 or an errno
 * value; EINVAL: it is not an IPC namespace; ESRCH: no such process; ETIMEDOUT:
 * the process does not answer (scan.h). Errors of a path that somebody typed are
 * also those of safe_open.h.
 */
int namespace_open_of(pid_t pid, struct namespace *ns);
int namespace_open(const char *path, struct namespace *ns);
int namespace_open_path(const char *path, struct namespace *ns);
void namespace_close(struct namespace *ns);

/* Sets device and inode from fd. Returns 0 or an errno value; EINVAL: it is not an IPC namespace. */
int namespace_identify(struct namespace *ns);

/* Whether both are the same one. */
bool namespace_same(const struct namespace *a, const struct namespace *b);

/*
 * Whether the IPC namespace that we are in belongs to our user namespace or to
 * one below it; what capabilities we have mean nothing in others.
 */
bool capabilities_count_here(void);

#endif
