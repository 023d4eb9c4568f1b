/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipc_mounts: IPC namespaces that are mounted as files, as container engines keep them. */
#ifndef SHM_PROCESS_IPC_MOUNTS_H
#define SHM_PROCESS_IPC_MOUNTS_H

#include <sys/types.h>

/*
 * Calls found for each IPC namespace that is mounted in the mount namespace of
 * this process, with its inode and where it is mounted below the process's root.
 * An errno value that it returns ends the search. Returns 0 or an errno value;
 * that the process has exited is no error.
 */
int ipc_mounts_read(pid_t pid, int (*found)(void *context, ino_t inode, const char *point),
		    void *context);

#endif
