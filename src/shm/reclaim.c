/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/reclaim.h"

#include <signal.h>

#include "shm/control.h"

bool segment_unchanged(const struct segment *before, const struct segment *after)
{
	return before->id == after->id && before->key == after->key &&
	       before->size == after->size && before->uid == after->uid &&
	       before->gid == after->gid && before->cuid == after->cuid &&
	       before->cgid == after->cgid && before->cpid == after->cpid &&
	       before->lpid == after->lpid && before->atime == after->atime &&
	       before->dtime == after->dtime && before->ctime == after->ctime &&
	       before->dest == after->dest;
}

static enum reclaim_result failure(int error, int *reason)
{
	if (segment_missing(error))
		return RECLAIM_VANISHED;
	*reason = error;
	return RECLAIM_FAILED;
}

/* Looks whether it is still what was listed; RECLAIM_REMOVED stands for yes. */
static enum reclaim_result look_again(const struct segment *listed, struct segment *now, int *error)
{
	*error = segment_look(listed->id, now);
	if (*error)
		return failure(*error, error);
	return segment_unchanged(listed, now) ? RECLAIM_REMOVED : RECLAIM_CHANGED;
}

/* After IPC_RMID: still there, and marked, means that somebody got in. */
static enum reclaim_result last_look(const struct segment *removed)
{
	struct segment now;

	/* key and ctime differ by now, so the creator and the size must tell */
	if (segment_look(removed->id, &now) == 0 && now.dest && now.cuid == removed->cuid &&
	    now.cpid == removed->cpid && now.size == removed->size)
		return RECLAIM_MARKED;
	return RECLAIM_REMOVED;
}

/* The whole sequence, signals blocked. */
static enum reclaim_result remove_locked_out(const struct segment *listed, int *error)
{
	struct segment_rights rights = { .uid = listed->uid, .gid = listed->gid };
	struct segment now;
	enum reclaim_result result = look_again(listed, &now, error);

	if (result != RECLAIM_REMOVED)
		return result;
	if (now.nattch > 0)
		return RECLAIM_IN_USE;
	*error = segment_set_rights(listed->id, &rights);
	if (*error)
		return failure(*error, error);

	/* not by IPC_STAT: an ordinary owner may not ask that of a mode 0 segment */
	*error = segment_look(listed->id, &now);
	if (*error && segment_missing(*error))
		return RECLAIM_VANISHED;
	if (*error || now.nattch > 0 || now.mode != 0 || now.lpid != listed->lpid ||
	    now.atime != listed->atime || now.dtime != listed->dtime) {
		int reason;

		/* somebody who set a mode in between has the last word */
		if (!*error && now.mode != 0)
			return RECLAIM_CHANGED;
		rights.mode = listed->mode;
		reason = segment_set_rights(listed->id, &rights);
		if (reason && !segment_missing(reason)) {
			*error = reason;
			return RECLAIM_LOCKED_OUT;
		}
		if (*error)
			return RECLAIM_FAILED;
		return now.nattch > 0 ? RECLAIM_IN_USE : RECLAIM_CHANGED;
	}
	*error = segment_remove(listed->id);
	if (*error)
		return failure(*error, error);
	return last_look(listed);
}

static enum reclaim_result remove_at_once(const struct segment *listed, int *error)
{
	struct segment now;
	enum reclaim_result result = look_again(listed, &now, error);

	/* who attaches it changes last user and times: that is not a change here */
	if (result == RECLAIM_CHANGED && now.id == listed->id && now.key == listed->key &&
	    now.cuid == listed->cuid && now.cpid == listed->cpid && now.size == listed->size)
		result = RECLAIM_REMOVED;
	if (result != RECLAIM_REMOVED)
		return result;
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
	return with_signals_blocked(remove_locked_out, listed, error);
}

enum reclaim_result reclaim_even_attached(const struct segment *listed, int *error)
{
	return with_signals_blocked(remove_at_once, listed, error);
}
