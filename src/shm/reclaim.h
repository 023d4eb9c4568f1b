/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reclaim: removes a segment so that one in use is never removed.
 *
 * Between a look at nattch and IPC_RMID another process may attach. So the
 * segment is locked out first: mode 0 keeps every ordinary process from
 * attaching; then nattch is looked at again, and only then it is removed;
 * otherwise the old mode comes back. Signals are blocked meanwhile. What is
 * left: attachers with CAP_IPC_OWNER, whom the last look finds out about;
 * SIGKILL between the calls, which leaves mode 0; and an id that is given anew
 * (kernel.shm_next_id) between two calls, which can lock out the other segment.
 */
#ifndef SHM_RECLAIM_H
#define SHM_RECLAIM_H

#include "shm/segment.h"

enum reclaim_result {
	RECLAIM_REMOVED,
	RECLAIM_VANISHED,   /* somebody else removed it before us */
	RECLAIM_CHANGED,    /* it is no longer as it was listed: left alone */
	RECLAIM_IN_USE,     /* it is attached, or was attached meanwhile: left alone */
	RECLAIM_MARKED,     /* somebody attached in spite of the lock-out: marked while in use */
	RECLAIM_LOCKED_OUT, /* left alone, but its mode 0 could not be set back */
	RECLAIM_MISTAKEN,   /* its id became another segment's between a look and the lock-out */
	RECLAIM_FAILED,     /* *error says why */
};

/*
 * Removes the segment if it still is what was listed (same key, size, mode,
 * owner, creator, pids and times) and nobody has it attached. *error is an
 * errno value for RECLAIM_FAILED and RECLAIM_LOCKED_OUT.
 */
enum reclaim_result reclaim(const struct segment *listed, int *error);

/*
 * The same, but what is attached is marked, as --even-attached asks, and goes
 * with its last detach; who used it last, and when, may have changed.
 */
enum reclaim_result reclaim_even_attached(const struct segment *listed, int *error);

#endif
