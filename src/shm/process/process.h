/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process: finds out which processes are running. Each pid is queried once and cached. */
#ifndef SHM_PROCESS_PROCESS_H
#define SHM_PROCESS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shm/process/procfs.h"
#include "shm/process/scan.h"
#include "shm/system/intmap.h"

enum liveness {
	LIVENESS_UNKNOWN, /* pid 0, a saved list, or not permitted to ask */
	LIVENESS_RUNNING,
	LIVENESS_GONE, /* it has exited (zombies count, too), or its pid is now a thread's id */
};

struct process {
	pid_t pid;
	enum liveness liveness;
	bool start_asked;
	int64_t start;              /* see process_start(); valid if start_asked */
	char command[COMMAND_SIZE]; /* command name (/proc/PID/comm); empty: not known */
};

struct processes {
	struct intmap map;
	struct scan_losses losses;
	struct process unknown; /* returned for pids of which nothing is known */
	bool blind;             /* query no process: the list is from another machine or time */
};

/*
 * What is known of the process with this pid; never NULL, and valid until
 * processes_free(). Liveness comes from pidfd_open(2), or before Linux 5.3 from
 * kill(pid, 0), but never from /proc, where hidepid may hide processes.
 */
const struct process *process_find(struct processes *processes, pid_t pid);

/*
 * When the process started, in milliseconds since boot (/proc/PID/stat, field 22). -1 if
 * that cannot be read, the process does not answer (scan.h), or /proc is that of another
 * PID namespace.
 */
int64_t process_start(struct processes *processes, pid_t pid);

void processes_free(struct processes *processes);

#endif
