/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipc_files: finds IPC namespaces that a process holds open. */
#ifndef SHM_PROCESS_IPC_FILES_H
#define SHM_PROCESS_IPC_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * How much processor time the open files may take in all, in microseconds, not counting those of
 * root's processes. That is enough for a million of them, but any user can have more, since
 * processes can share a table of open files, or can make the kernel need a hundred times as long
 * for each, by paths of thousands of directories.
 */
enum { IPC_FILES_TIME = 2000000 };

/* How much of that was used; shared by all workers. */
struct ipc_files_use {
	int64_t time;
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
