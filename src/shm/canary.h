/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * canary: goes into /proc/PID before us.
 *
 * Much of /proc/PID (maps, stat, ns/...) makes its reader wait while the
 * process is in the middle of execve(2), or holds on to its memory's lock. It
 * can stay there for ever, and any user can make one that does: on a file
 * system of his own that does not answer (FUSE), say. Nothing but the end of
 * the reader ends that wait, and no state of the process shows it. So a child
 * reads first, process by process, and is given up where it does not return.
 * One that gets there between its look and ours still stops us.
 */
#ifndef SHM_CANARY_H
#define SHM_CANARY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* All zero: not started, as it is until it is first needed. */
struct canary {
	pid_t child;
	int socket;
	unsigned int lost; /* so many did not return; the next ones are waited for less long */
};

/*
 * Whether /proc/PID can be read without a wait that may have no end. Also true
 * where that cannot be found out, for want of a child.
 */
bool canary_returns(struct canary *canary, pid_t pid);

/* Ends the child, if there is one. */
void canary_end(struct canary *canary);

#endif
