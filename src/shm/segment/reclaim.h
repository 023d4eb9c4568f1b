/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reclaim: removes segments so that one in use is never removed.
 *
 * Between a look at nattch and IPC_RMID another process may attach. So the
 * segment is locked out first: mode 0 keeps every ordinary process from
 * attaching; then nattch is looked at again, and only then it is removed;
 * otherwise the old mode comes back. Signals are blocked meanwhile.
 *
 * shmat(2) checks the mode and counts the attachment in one RCU read-side
 * critical section (do_shmat() in ipc/shm.c), so one that found the old mode
 * may count later than our second look, when it was stopped in between.
 * membarrier(2) waits for all of those. It takes 8 to 30 ms, whatever the number
 * of segments: hence all are locked out, then it is called once, then all are
 * looked at again.
 *
 * What is left: attachers with CAP_IPC_OWNER, whom the last look finds out
 * about; SIGKILL between the steps, which leaves mode 0 unless somebody calls
 * reclaim_undo(); and an id that is given anew (kernel.shm_next_id) between two
 * calls, which can lock out the other segment.
 */
#ifndef SHM_SEGMENT_RECLAIM_H
#define SHM_SEGMENT_RECLAIM_H

#include <stdbool.h>
#include <stddef.h>

#include "shm/segment/segment.h"

enum reclaim_result {
	RECLAIM_UNTRIED,  /* as it was */
	RECLAIM_LOCKING,  /* while reclaim() is at work: it is, or is to be, locked out */
	RECLAIM_REMOVING, /* the same, at IPC_RMID */
	RECLAIM_REMOVED,
	RECLAIM_VANISHED,   /* somebody else removed it before us */
	RECLAIM_CHANGED,    /* it is no longer as it was listed: left alone */
	RECLAIM_IN_USE,     /* it is attached, or was attached meanwhile: left alone */
	RECLAIM_MARKED,     /* somebody attached in spite of the lock-out: marked while in use */
	RECLAIM_LOCKED_OUT, /* left alone, but its mode 0 could not be set back */
	RECLAIM_MISTAKEN,   /* its id became another segment's between a look and the lock-out */
	RECLAIM_FAILED,     /* .error says why */
};

/* A segment to be removed, and what became of it. */
struct reclaim {
	const struct segment *listed; /* set by the caller, and result to RECLAIM_UNTRIED */
	enum reclaim_result result;
	int error; /* an errno value for RECLAIM_FAILED and RECLAIM_LOCKED_OUT */
};

/*
 * Removes each of the segments that still is what was listed (same key, size,
 * mode, owner, creator, pids and times) and that nobody has attached; sets
 * result and error of all.
 *
 * even_attached: what is attached is marked, and goes with its last detach;
 * who used it last, and when, may have changed.
 *
 * Nobody can attach any of them for the time that it takes, so the caller may
 * not want to give too many at once. What another removal has locked out is
 * waited for, a second at most.
 */
void reclaim(struct reclaim *items, size_t count, bool even_attached);

/*
 * Where a process was killed in reclaim() and left its items in shared memory:
 * lets in whom it had locked out, and sets results as reclaim() does; what was
 * not begun, and what is as it was again, is RECLAIM_UNTRIED.
 */
void reclaim_undo(struct reclaim *items, size_t count);

#endif
