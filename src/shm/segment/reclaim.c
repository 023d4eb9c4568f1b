/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/reclaim.h"

#include <linux/membarrier.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "shm/segment/control.h"
#include "shm/segment/listing.h"
#include "shm/system/clock.h"
#include "shm/system/signals.h"

static bool has_same_owner(const struct segment *before, const struct segment *after)
{
	return before->uid == after->uid && before->gid == after->gid;
}

/* Whether two looks saw the same segment, with the same rights. */
static bool is_same(const struct segment *before, const struct segment *after)
{
	return segment_is_same(before, after) && has_same_owner(before, after) &&
	       before->mode == after->mode && before->ctime == after->ctime &&
	       before->dest == after->dest;
}

/* Whether nobody attached or detached it between two looks. */
static bool is_unused(const struct segment *before, const struct segment *after)
{
	return before->lpid == after->lpid && before->atime == after->atime &&
	       before->dtime == after->dtime;
}

static enum reclaim_result failure(int error, int *reason)
{
	if (segment_missing(error))
		return RECLAIM_VANISHED;
	*reason = error;
	return RECLAIM_FAILED;
}

/* After IPC_RMID: still there, and marked, means that somebody got in. */
static enum reclaim_result last_look(const struct segment *removed)
{
	struct segment now;

	/* as nearly always */
	if (segment_is_gone(removed->id))
		return RECLAIM_REMOVED;
	/* key and ctime differ by now, so the creator and the size must tell */
	if (segment_look(removed->id, &now) == 0 && now.dest && now.cuid == removed->cuid &&
	    now.cpid == removed->cpid && now.size == removed->size)
		return RECLAIM_MARKED;
	return RECLAIM_REMOVED;
}

/*
 * Nobody is locked out of what nobody may attach. Its mode may be the lock-out
 * of another removal, which gives the old one back: it must not become 0 again.
 */
static int lock_out(const struct segment *segment)
{
	const struct segment_rights nobody = { segment->uid, segment->gid, 0 };

	return segment->mode ? segment_set_rights(segment->id, &nobody) : 0;
}

/*
 * Lets others attach again, after a lock-out, in the mode that it had before; the owner is
 * who it is now. What was found out meanwhile is the result.
 */
static enum reclaim_result let_in(const struct segment *before, const struct segment *now,
				  enum reclaim_result result, int *error)
{
	const struct segment_rights rights = { now->uid, now->gid, before->mode };
	int reason = before->mode ? segment_set_rights(before->id, &rights) : 0;

	if (!reason || segment_missing(reason))
		return result;
	*error = reason;
	return RECLAIM_LOCKED_OUT;
}

/*
 * Of a segment that is not the one to be removed: whether the lock-out hit it.
 * What its mode and owner were nobody knows, so they cannot be given back.
 */
static bool was_locked_out(const struct segment *before, const struct segment *now)
{
	return before->mode != 0 && now->mode == 0 && has_same_owner(before, now);
}

/* The last step, once nobody can attach any more and those who could are counted. */
static enum reclaim_result remove_if_unused(struct reclaim *item)
{
	const struct segment *before = item->listed;
	int *error = &item->error;
	struct segment now;

	/* not by IPC_STAT: an ordinary owner may not ask that of a mode 0 segment */
	*error = listing_look(before->id, &now);
	if (*error && segment_missing(*error))
		return RECLAIM_VANISHED;
	if (*error)
		return let_in(before, before, RECLAIM_FAILED, error);
	if (!segment_is_same(before, &now))
		return was_locked_out(before, &now) ? RECLAIM_MISTAKEN : RECLAIM_CHANGED;
	if (now.mode != 0)
		return RECLAIM_CHANGED; /* somebody set a mode: he has the last word */
	if (now.nattch > 0)
		return let_in(before, &now, RECLAIM_IN_USE, error);
	if (!is_unused(before, &now) || !has_same_owner(before, &now))
		return let_in(before, &now, RECLAIM_CHANGED, error);
	item->result = RECLAIM_REMOVING;
	*error = segment_remove(before->id);
	if (*error && !segment_missing(*error))
		return let_in(before, &now, RECLAIM_FAILED, error);
	return *error ? RECLAIM_VANISHED : last_look(before);
}

/* The first step for one that is as it was listed. */
static enum reclaim_result begin_unused(struct reclaim *item, const struct segment *now)
{
	if (now->nattch > 0)
		return RECLAIM_IN_USE;
	if (owner_is_unknown(now)) {
		item->error = EOVERFLOW;
		return RECLAIM_FAILED;
	}
	/* not afterwards: see reclaim_undo() */
	item->result = RECLAIM_LOCKING;
	item->error = lock_out(now);
	return item->error ? failure(item->error, &item->error) : RECLAIM_LOCKING;
}

/* The first step: what is locked out waits for settle(), and to be removed. */
static enum reclaim_result begin(struct reclaim *item, bool even_attached)
{
	const struct segment *listed = item->listed;
	struct segment now;

	item->error = listing_look(listed->id, &now);
	if (item->error)
		return failure(item->error, &item->error);
	if (!is_same(listed, &now))
		return RECLAIM_CHANGED;
	if (even_attached && listed->nattch > 0) {
		item->result = RECLAIM_REMOVING;
		item->error = segment_remove(listed->id);
		return item->error ? failure(item->error, &item->error) : RECLAIM_REMOVED;
	}
	return is_unused(listed, &now) ? begin_unused(item, &now) : RECLAIM_CHANGED;
}

/*
 * Waits for those that shmat(2) let in before the lock-out until they are
 * counted. membarrier(2) does nothing with one processor, where they may be
 * stopped because we run, and is not to be had with nohz_full or where seccomp
 * refuses it: time must do then.
 */
static void settle(void)
{
	const struct timespec moment = { .tv_nsec = 20000000 };

	/* in this order: some C libraries count those only that we may use */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0 ||
	    sysconf(_SC_NPROCESSORS_ONLN) < 2)
		nanosleep(&moment, NULL);
}

/* How long another removal is waited for, all in all, in milliseconds. */
enum { PATIENCE = 1000 };

/*
 * What becomes of one that changed. If another removal has locked it out, it
 * goes within a moment, and two that run side by side are no news.
 */
static enum reclaim_result see_it_go(const struct segment *listed, int64_t deadline)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	struct segment now;

	for (;;) {
		if (segment_missing(segment_look(listed->id, &now)))
			return RECLAIM_VANISHED;
		if (!segment_is_same(listed, &now) || now.mode || !listed->mode ||
		    monotonic_ms() >= deadline)
			return RECLAIM_CHANGED;
		nanosleep(&moment, NULL);
	}
}

void reclaim(struct reclaim *items, size_t count, bool even_attached)
{
	size_t locked_out = 0;
	int64_t deadline;
	sigset_t before;

	signals_block(&before);
	for (size_t i = 0; i < count; i++) {
		items[i].result = begin(&items[i], even_attached);
		locked_out += items[i].result == RECLAIM_LOCKING;
	}
	if (locked_out)
		settle();
	for (size_t i = 0; i < count; i++) {
		if (items[i].result == RECLAIM_LOCKING)
			items[i].result = remove_if_unused(&items[i]);
	}
	/* only when we are done with ours: the other may be waiting for those */
	deadline = deadline_after(PATIENCE);
	for (size_t i = 0; i < count; i++) {
		if (items[i].result == RECLAIM_CHANGED)
			items[i].result = see_it_go(items[i].listed, deadline);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Of one that somebody began with and did not end. */
static enum reclaim_result undo(struct reclaim *item)
{
	const struct segment *listed = item->listed;
	bool removing = item->result == RECLAIM_REMOVING;
	struct segment now;

	item->error = listing_look(listed->id, &now);
	if (item->error && segment_missing(item->error))
		return removing ? RECLAIM_REMOVED : RECLAIM_VANISHED;
	if (item->error)
		return let_in(listed, listed, RECLAIM_UNTRIED, &item->error);
	if (!segment_is_same(listed, &now))
		return was_locked_out(listed, &now) ? RECLAIM_MISTAKEN : RECLAIM_VANISHED;
	if (removing && now.dest && !listed->dest)
		return listed->nattch ? RECLAIM_REMOVED : RECLAIM_MARKED;
	return now.mode ? RECLAIM_UNTRIED : let_in(listed, &now, RECLAIM_UNTRIED, &item->error);
}

void reclaim_undo(struct reclaim *items, size_t count)
{
	sigset_t before;

	signals_block(&before);
	for (size_t i = 0; i < count; i++) {
		if (items[i].result == RECLAIM_LOCKING || items[i].result == RECLAIM_REMOVING)
			items[i].result = undo(&items[i]);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}
