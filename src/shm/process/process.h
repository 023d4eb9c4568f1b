/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process: who is alive. Each pid is asked once and remembered. */
#ifndef SHM_PROCESS_PROCESS_H
#define SHM_PROCESS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shm/process/procfs.h"
#include "shm/process/scan.h"
#include "shm/system/intmap.h"

enum liveness {
	LIVENESS_UNKNOWN, /* pid 0, a saved list, or no right to ask */
	LIVENESS_RUNNING,
	LIVENESS_GONE, /* it ended, is a zombie, or its id is now a thread's */
};

struct process {
	pid_t pid;
	enum liveness liveness;
	bool start_asked;
	int64_t start;              /* see process_start() */
	char command[COMMAND_SIZE]; /* its comm; empty where that is not known */
};

struct processes {
	struct intmap map;
	struct scan_losses losses;
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
 * When the process started, in milliseconds since boot (/proc/PID/stat, field 22);
 * -1 where that cannot be read, it does not answer (scan.h), or /proc is not ours.
 */
int64_t process_start(struct processes *processes, pid_t pid);

void processes_free(struct processes *processes);

#endif
