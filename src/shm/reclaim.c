/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/reclaim.h"

#include <signal.h>
#include <time.h>

#include "shm/control.h"

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

/* What is left of the sequence once nobody can attach any more. */
static enum reclaim_result remove_if_unused(const struct segment *before, int *error)
{
	struct segment now;

	/* not by IPC_STAT: an ordinary owner may not ask that of a mode 0 segment */
	*error = segment_look(before->id, &now);
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
	*error = segment_remove(before->id);
	if (*error && !segment_missing(*error))
		return let_in(before, &now, RECLAIM_FAILED, error);
	return *error ? RECLAIM_VANISHED : last_look(before);
}

/* The whole sequence for a segment that was looked at and is as it was listed. */
static enum reclaim_result remove_unused(const struct segment *before, int *error)
{
	if (before->nattch > 0)
		return RECLAIM_IN_USE;
	if (owner_is_unknown(before)) {
		*error = EOVERFLOW;
		return RECLAIM_FAILED;
	}
	*error = lock_out(before);
	return *error ? failure(*error, error) : remove_if_unused(before, error);
}

/*
 * Of a segment that changed: whether another removal has locked it out, and it
 * goes within a few milliseconds. Two that run side by side are no news.
 */
static bool goes_away(const struct segment *listed, const struct segment *now)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	struct segment later;

	if (!segment_is_same(listed, now) || now->mode || !listed->mode)
		return false;
	for (int tries = 0; tries < 4; tries++) {
		nanosleep(&moment, NULL);
		if (segment_missing(segment_look(listed->id, &later)))
			return true;
	}
	return false;
}

static enum reclaim_result remove_listed(const struct segment *listed, int *error)
{
	struct segment now;

	*error = segment_look(listed->id, &now);
	if (*error)
		return failure(*error, error);
	if (!is_same(listed, &now) || !is_unused(listed, &now))
		return goes_away(listed, &now) ? RECLAIM_VANISHED : RECLAIM_CHANGED;
	return remove_unused(&now, error);
}

static enum reclaim_result remove_even_attached(const struct segment *listed, int *error)
{
	struct segment now;

	*error = segment_look(listed->id, &now);
	if (*error)
		return failure(*error, error);
	if (!is_same(listed, &now))
		return RECLAIM_CHANGED;
	if (listed->nattch == 0)
		return is_unused(listed, &now) ? remove_unused(&now, error) : RECLAIM_CHANGED;
	*error = segment_remove(listed->id);
	return *error ? failure(*error, error) : RECLAIM_REMOVED;
}

static enum reclaim_result
with_signals_blocked(enum reclaim_result (*remove)(const struct segment *, int *),
		     const struct segment *listed, int *error)
{
	enum reclaim_result result;
	sigset_t all;
	sigset_t before;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	result = remove(listed, error);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return result;
}

enum reclaim_result reclaim(const struct segment *listed, int *error)
{
	return with_signals_blocked(remove_listed, listed, error);
}

enum reclaim_result reclaim_even_attached(const struct segment *listed, int *error)
{
	return with_signals_blocked(remove_even_attached, listed, error);
}
