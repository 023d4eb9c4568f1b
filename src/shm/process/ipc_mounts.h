/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipc_mounts: finds IPC namespaces that are mounted as files, as container engines do. */
#ifndef SHM_PROCESS_IPC_MOUNTS_H
#define SHM_PROCESS_IPC_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * How many bytes are read of one list of mounts, and of all together, not counting those of
 * root's processes (but the first few bytes of each). That usually takes less than a second;
 * any user can have very long lists, and add mounts faster than they can be read.
 */
enum { IPC_MOUNTS_MOST = 16 << 20 };

/*
 * How long all lists together may take, not counting those of root's processes, in microseconds
 * of processor time. The kernel needs time for each line in proportion to the number of mounts
 * on top of each other at that place: a minute for 100,000 of them (fs.mount-max).
 */
enum { IPC_MOUNTS_TIME = 2000000 };

/* How much of that was used; shared by all workers. */
struct ipc_mounts_use {
	size_t read;
	int64_t time;
	size_t lists_skipped; /* not read to their end */
};

/*
 * Calls found() for each IPC namespace that is mounted in the mount namespace of this
 * process (0: in that of the caller, which is trusted as root's are), with its inode and its
 * mount point below the process's root directory. An errno value that found() returns ends the
 * search. *has_root: whether a file system is mounted at that directory, or the list was not read
 * to its end. Returns 0 or an errno value; 0, too, if the process has exited.
 */
int ipc_mounts_read(pid_t pid, struct ipc_mounts_use *use, bool *has_root,
		    int (*found)(void *context, ino_t inode, const char *point), void *context);

/*
 * Whether the namespace with this inode is mounted there, even if another mount hides it, or if
 * the list was not read to its end.
 */
bool ipc_mounts_have(pid_t pid, struct ipc_mounts_use *use, ino_t inode, const char *point);

#endif
