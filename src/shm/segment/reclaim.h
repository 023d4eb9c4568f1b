/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reclaim: removes segments so that one in use is never removed, and never
 * another one than was listed.
 *
 * Between a look at a segment and the call that removes it, another process may
 * attach it, and its id may even become another segment's. So each segment goes
 * through these steps:
 *
 *   look      it still is as it was listed
 *   hold      shmat, read-only: its id stays its own from here on (hold.h)
 *   look      it still is, and is attached once: by us
 *   block     IPC_SET mode 0: no ordinary process can attach it any more
 *   settle    membarrier(2), once for all: whoever shmat(2) let in before is counted now
 *   look      it is still attached once
 *   remove    IPC_RMID
 *   release   shmdt: it is destroyed
 *   look      unless a process with CAP_IPC_OWNER attached it in spite of mode 0
 *
 * A segment that turns out to be in use, or changed, gets its old mode back
 * before it is released. However this process ends, the kernel detaches; only a
 * mode of 0 stays behind, which reclaim_undo() restores.
 *
 * shmat(2) checks the mode and counts the attachment in one RCU read-side
 * critical section (do_shmat() in ipc/shm.c), and membarrier(2) waits for all of
 * those. That takes 8 to 30 ms, whatever the number of segments: hence all are
 * blocked, then it is called once, then all are looked at again.
 *
 * A segment is not held if kernel.shm_rmid_forced is 1, because our detach would
 * destroy it, or if an ordinary user cannot attach it. It then goes through the
 * same steps under act_as(), so that no call can hit another user's segment; for
 * that its owner and its creator must be one user, or one of them root. If a
 * process with CAP_SYS_ADMIN cannot hold a segment for another reason, or if they
 * are two users, it is not removed.
 */
#ifndef SHM_SEGMENT_RECLAIM_H
#define SHM_SEGMENT_RECLAIM_H

#include <stdbool.h>
#include <stddef.h>

#include "shm/segment/segment.h"

enum reclaim_result {
	RECLAIM_PENDING,   /* nothing was decided: it is as it was */
	RECLAIM_REMOVED,   /* or marked, if it was listed as attached */
	RECLAIM_VANISHED,  /* another process removed it */
	RECLAIM_CHANGED,   /* it is no longer as it was listed: not removed */
	RECLAIM_IN_USE,    /* it is attached: not removed */
	RECLAIM_MARKED,    /* a privileged process attached it too late: marked while in use */
	RECLAIM_BLOCKED,   /* not removed, and its mode is still 0, see error */
	RECLAIM_NO_HOLD,   /* it cannot be held, see error: not removed */
	RECLAIM_UNREACHED, /* its namespace could not be entered, see error */
	RECLAIM_FAILED,    /* see error */
	RECLAIM_RESULTS,
};

/* How far the work on a segment has got, for reclaim_undo() */
enum reclaim_step {
	STEP_NONE,
	STEP_BLOCKING, /* its mode may be 0 */
	STEP_REMOVING, /* IPC_RMID may have been called; its mode is 0 unless it was to be marked */
	STEP_DONE,
};

/* A segment to be removed, and what became of it: plain values, for shared memory. */
struct reclaim_item {
	/* set by the caller; the rest is 0 */
	struct segment listed;
	unsigned int place; /* which namespace it is in: a number for reclaim_enter */

	enum reclaim_step step;
	enum reclaim_result result;
	int error;     /* an errno value */
	bool replaced; /* it was held: its last user and atime are no longer on record */
};

struct reclaim_batch {
	bool even_attached; /* mark what is attached: it is destroyed at its last detach */
	size_t count;
	struct reclaim_item items[];
};

/* Enters a namespace; returns 0 or an errno value. Items of one place stand together. */
typedef int reclaim_enter(void *context, unsigned int place);

/*
 * Removes those of the batch that still are as they were listed (same key, size,
 * mode, owner, creator, pids and times) and that no process has attached; sets
 * step, result, error and replaced of each. What does not fit into the address
 * space beside the others stays RECLAIM_PENDING: try it again in the next batch.
 * No ordinary process can attach any of them for the time that it takes. It
 * must not be interrupted: signals are to be blocked, or remembered.
 */
void reclaim(struct reclaim_batch *batch, reclaim_enter *enter_place, void *context);

/*
 * After a process was killed in reclaim(): restores the modes of segments that
 * it left blocked, and sets results as reclaim() does; what was not begun, and
 * what is as it was again, is RECLAIM_PENDING.
 */
void reclaim_undo(struct reclaim_batch *batch, reclaim_enter *enter_place, void *context);

#endif
