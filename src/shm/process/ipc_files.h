/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipc_files: finds IPC namespaces that a process holds open. */
#ifndef SHM_PROCESS_IPC_FILES_H
#define SHM_PROCESS_IPC_FILES_H

#include <stddef.h>
#include <sys/types.h>

/*
 * How many open files are examined in all, not counting those of root's processes (but the first
 * few of each). That takes a few seconds; any user can have very many, since processes can share
 * a table of open files.
 */
enum { IPC_FILES_MOST = 1000000 };

/* How much of that was used; shared by all workers. */
struct ipc_files_use {
	size_t examined;
	size_t processes_skipped; /* not all of their open files were examined */
};

/*
 * Calls found() for each open file of the process that is an IPC namespace, with
 * its inode and a path in /proc that opens it. process is a descriptor of /proc/PID. An errno
 * value that found() returns ends the search. Returns 0 or that value; 0, too, if the files may
 * not be seen.
 */
int ipc_files_read(pid_t pid, int process, struct ipc_files_use *use,
		   int (*found)(void *context, ino_t inode, const char *path), void *context);

#endif
