/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipc_mounts: finds IPC namespaces that are mounted as files, as container engines do. */
#ifndef SHM_PROCESS_IPC_MOUNTS_H
#define SHM_PROCESS_IPC_MOUNTS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Calls found() for each IPC namespace that is mounted in the mount namespace of this
 * process, with its inode and its mount point below the process's root directory. An
 * errno value that found() returns ends the search. Returns 0 or an errno value; 0,
 * too, if the process has exited.
 */
int ipc_mounts_read(pid_t pid, int (*found)(void *context, ino_t inode, const char *point),
		    void *context);

/* Whether the namespace with this inode is mounted there, even if another mount hides it. */
bool ipc_mounts_have(pid_t pid, ino_t inode, const char *point);

#endif
