/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * process: finds out which processes are running, and where they come from (start time, command
 * line and unit). Each pid is queried once and cached.
 */
#ifndef SHM_PROCESS_PROCESS_H
#define SHM_PROCESS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shm/process/procfs.h"
#include "shm/process/scan.h"
#include "shm/process/unit.h"
#include "shm/system/intmap.h"

enum liveness {
	LIVENESS_UNKNOWN, /* pid 0, a saved list, or not permitted to ask */
	LIVENESS_RUNNING,
	LIVENESS_GONE, /* it has exited (zombies count, too), or its pid is now a thread's id */
};

struct process {
	pid_t pid;
	enum liveness liveness;
	/* these are set by processes_read() */
	enum { NOTHING_READ, START_READ, ORIGIN_READ } read;
	int64_t start;              /* in milliseconds since boot; -1: not known */
	uid_t user;                 /* effective; known with the start */
	char command[COMMAND_SIZE]; /* command name (/proc/PID/comm); empty: not known */
	char *unit;                 /* see unit.h; NULL: none, or not known */
	char *command_line; /* arguments, separated by spaces, cut off; NULL: none, or not known */
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
 * Reads when each of these processes started, and its command name, and with origins also its unit
 * and command line, unless that was read before. One scan (scan.h) reads all of them, which is much
 * cheaper than a scan for each. Nothing is known of a process that has exited or does not
 * answer, or if /proc is that of another PID namespace. The unit and the command line are
 * always those of the process whose start is known.
 */
void processes_read(struct processes *processes, const pid_t *pids, size_t count, bool origins);

/* As process_find(), after reading the start and command name, or also unit and command line. */
const struct process *process_start(struct processes *processes, pid_t pid);
const struct process *process_origin(struct processes *processes, pid_t pid);

void processes_free(struct processes *processes);

#endif
