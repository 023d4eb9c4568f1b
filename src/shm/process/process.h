/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process: who is alive. Each pid is asked once and remembered. */
#ifndef SHM_PROCESS_PROCESS_H
#define SHM_PROCESS_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "shm/process/probe.h"
#include "shm/system/intmap.h"

enum liveness {
	LIVENESS_UNKNOWN, /* pid 0, a saved list, or no right to ask */
	LIVENESS_RUNNING,
	LIVENESS_GONE, /* it ended, is a zombie, or its id is now a thread's */
};

enum { COMMAND_SIZE = 64 };

struct process {
	pid_t pid;
	enum liveness liveness;
	char command[COMMAND_SIZE]; /* its comm; empty where that is not known */
};

struct processes {
	struct intmap map;
	struct probe probe;     /* for process_start() */
	struct process unknown; /* what is told where nothing is known */
	bool blind;             /* ask nothing: the list is not of this machine */
};

/*
 * What is known of the process with this pid; never NULL. Judged by
 * pidfd_open(2), never from /proc, which hidepid may hide; before Linux 5.3 by
 * kill(pid, 0). Valid until processes_free().
 */
const struct process *process_find(struct processes *processes, pid_t pid);

/*
 * Whether /proc numbers processes as we do. It does not where it is that of
 * another pid namespace (unshare --pid without --mount-proc, nsenter --mount
 * without --pid): there, /proc/PID is somebody else.
 */
bool proc_is_ours(void);

/* The comm of a process or thread; empty where that is not known. */
void process_read_command(pid_t pid, char command[COMMAND_SIZE]);

/*
 * When the process started, in milliseconds since boot (/proc/PID/stat, field 22);
 * -1 where that cannot be read, it does not answer (probe.h), or /proc is not ours.
 */
int64_t process_start(struct processes *processes, pid_t pid);

void processes_free(struct processes *processes);

#endif
