/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe: goes into /proc/PID before us.
 *
 * Much of /proc/PID (maps, stat, ns/...) makes its reader wait while the
 * process is in the middle of execve(2), or holds on to its memory's lock. It
 * can stay there for ever, and any user can make one that does: on a file
 * system of his own that does not answer (FUSE), say. Nothing but the end of
 * the reader ends that wait, and no state of the process shows it. So a child
 * reads first, process by process, and is given up where it does not return.
 * One that gets there between its look and ours still stops us.
 */
#ifndef SHM_PROCESS_PROBE_H
#define SHM_PROCESS_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * It may be so many processes ahead: to wake each other for every one takes
 * longer than to look at it.
 */
enum { PROBE_AHEAD = 16 };

/* All zero: not started, as it is until it is first needed. */
struct probe {
	pid_t child;
	int socket;
	unsigned int lost; /* so many did not return; the next ones are waited for less long */
	pid_t sent[PROBE_AHEAD];
	size_t sent_count;
	size_t asked;    /* so many of them probe_returns() was called for */
	size_t answered; /* so many did return */
};

/*
 * Sends it ahead: probe_returns() will be called for these, PROBE_AHEAD at
 * most, in this order and before any other.
 */
void probe_start(struct probe *probe, const pid_t *pids, size_t count);

/*
 * Whether /proc/PID can be read without a wait that may have no end. Also true
 * where that cannot be found out, for want of a child.
 */
bool probe_returns(struct probe *probe, pid_t pid);

/* Ends the child, if there is one. */
void probe_end(struct probe *probe);

#endif
