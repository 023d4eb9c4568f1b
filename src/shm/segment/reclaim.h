/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reclaim: removes segments, but never one that is in use, and never another one than
 * the one that was listed.
 *
 * Between a check of a segment and the call that removes it, another process may attach
 * it, and its id may even be reused for another segment. So these steps follow each other, each
 * for all segments of a batch:
 *
 *   hold      if it is as it was listed: shmat(2), read-only: from here on its id cannot be
 *             reused (hold.h)
 *   block     if it is as it was listed, and has no other attachment: IPC_SET mode 0: from here on
 *             no ordinary process can attach it
 *   settle    membarrier(2), once: attachments in progress are counted (settle.h)
 *   remove    if it still has no other attachment: IPC_RMID
 *   release   shmdt(2): it is destroyed, unless a process with CAP_IPC_OWNER attached it in spite
 *             of mode 0, which is checked
 *
 * If a segment turns out to be in use or changed, its mode is restored in place of its removal.
 * If this process is killed, the kernel detaches its segments, but does not
 * restore their modes: a second call, with undo_only, does that.
 *
 * shmat(2) checks the mode and counts the attachment in one RCU read-side critical
 * section (do_shmat() in the kernel's ipc/shm.c), and membarrier(2) waits until all of
 * these have ended. That takes 8 to 30 ms, whatever the number of segments.
 *
 * Any user can make shmat(2) and shmdt(2) wait, for as long as they keep a thread of theirs from
 * running: one that reads /proc/PID/cmdline of this process, or one that has attached the segment
 * and calls madvise(2) with MADV_REMOVE. So no segment is blocked during these two calls,
 * except with undo_only.
 *
 * A segment is not held if kernel.shm_rmid_forced is 1, because the detach would destroy it, or if
 * it cannot be attached. Then it goes through the same steps under act_as(), so that no call can
 * act on another user's segment: after all others, and the segments of each user in a process of
 * their own, since that user can make the process wait. That requires that its owner and its
 * creator are the same user, or that one of them is root. If they are two users, or if a process
 * with CAP_SYS_ADMIN has no permission to attach it, the segment is not removed.
 */
#ifndef SHM_SEGMENT_RECLAIM_H
#define SHM_SEGMENT_RECLAIM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm/segment/segment.h"

enum reclaim_result {
	RECLAIM_PENDING,   /* not decided yet; the segment is unchanged */
	RECLAIM_BLOCKING,  /* under way, for undo_only: its mode may be 0 */
	RECLAIM_REMOVING,  /* as above, and IPC_RMID may have been called */
	RECLAIM_REMOVED,   /* removed; or marked for removal, if it was listed as attached */
	RECLAIM_VANISHED,  /* another process has removed it */
	RECLAIM_CHANGED,   /* not removed: it has changed since it was listed */
	RECLAIM_IN_USE,    /* not removed: it is attached */
	RECLAIM_MARKED,    /* marked for removal while in use: attached by a privileged process */
	RECLAIM_BLOCKED,   /* not removed, and its mode is still 0, see error */
	RECLAIM_NO_HOLD,   /* not removed: it cannot be held, see error */
	RECLAIM_UNSETTLED, /* not removed: it took too long to count attachments in progress */
	RECLAIM_UNREACHED, /* not removed: its namespace could not be entered, see error */
	RECLAIM_FAILED,    /* not removed, see error */
	RECLAIM_RESULTS,
};

/* A segment to be removed, and the result. It has no pointers, since it is in shared memory. */
struct reclaim_item {
	/* set by the caller; everything else must be 0 */
	struct segment listed;
	unsigned int place; /* its namespace, as a number for reclaim_enter */

	enum reclaim_result result;
	int error;   /* an errno value */
	bool forced; /* it is not held, since a detach would destroy it */
	bool waits;  /* it cannot be held, and has its turn after those that can */
	/* whether holding it has replaced its last user, and its pid (0: not known here) */
	bool replaced;
	pid_t last_user;
};

/*
 * Maximum number of segments in a batch: large enough that the wait in reclaim() is short
 * compared with the removal, and small enough that segments are blocked for at most 0.2 s.
 */
enum { RECLAIM_BATCH = 16384 };

/*
 * Each call after the first acts as one user, but the one after so many as all others: a container
 * has thousands of users.
 */
enum { RECLAIM_USERS_MOST = 256, RECLAIM_CALLS_MOST = RECLAIM_USERS_MOST + 2 };

struct reclaim_batch {
	bool dry_run;       /* determine the results, but change nothing and attach nothing */
	bool even_attached; /* mark attached segments for removal */
	pid_t worker;       /* set by reclaim(): the process that works on it */
	/* false before each call; set by reclaim(): call it again, if possible in another process */
	bool unfinished;
	unsigned int calls; /* set by the caller: how often it was called for this batch so far */
	/* the caller no longer waits: from now on, only undo what was begun */
	atomic_bool given_up;
	size_t count;
	struct reclaim_item items[];
};

/* Enters a namespace. Returns 0 or an errno value. A batch must be sorted by place. */
typedef int reclaim_enter(void *context, unsigned int place);

/*
 * Removes the segments of the batch that are unchanged since they were listed (same key,
 * size, mode, owner, creator, pids and times) and unattached. Sets result, error, replaced
 * and last_user of each. In the meantime, no ordinary process
 * can attach the segments. Signals must be blocked or remembered (signals.h).
 *
 * undo_only: only restores the modes of the segments that a process left blocked when it was
 * killed in reclaim(). Segments that were not begun, or that are restored, are RECLAIM_PENDING.
 */
void reclaim(struct reclaim_batch *batch, bool undo_only, reclaim_enter *enter_place,
	     void *context);

#endif
