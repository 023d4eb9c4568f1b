/* SPDX-License-Identifier: GPL-2.0-or-later */
/* procfs: what /proc shows of a process to a reader that never has to wait (see workers.h). */
#ifndef SHM_PROCESS_PROCFS_H
#define SHM_PROCESS_PROCFS_H

#include <stdbool.h>
#include <sys/types.h>

enum { COMMAND_SIZE = 64 };

/*
 * Whether /proc numbers processes as we do. It does not where it is that of
 * another PID namespace (unshare --pid without --mount-proc, nsenter --mount
 * without --pid): there, /proc/PID is another process.
 */
bool proc_is_ours(void);

/* The process or thread that a name in /proc stands for; 0: it is another file. */
pid_t process_number(const char *name);

/* The comm of a process or thread; empty where that is not known. */
void process_read_command(pid_t pid, char command[COMMAND_SIZE]);

/* The effective user of a process or thread; (uid_t)-1: it has exited. */
uid_t process_user(pid_t pid);

#endif
