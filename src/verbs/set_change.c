/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a segment is removed, its id can belong to another segment a moment later, and a
 * hostile user can choose that moment. A segment that is attached keeps its id. But
 * shmat(2) overwrites its last user, which may be the only evidence that the segment is
 * still wanted. So the segment is attached only if no evidence is lost. Otherwise it is
 * changed with the privileges of its creator, who cannot change the segments of other
 * users, and checked afterwards.
 */
#include "verbs/set_change.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/segment/control.h"
#include "shm/segment/guard.h"
#include "shm/segment/hold.h"
#include "shm/segment/judge.h"
#include "shm/segment/listing.h"
#include "text/namespace_option.h"
#include "text/parse.h"
#include "verbs/common/lookup.h"
#include "verbs/common/memory_errors.h"

struct change {
	const struct set_wish *wish;
	struct segment segment;       /* before the change */
	struct segment_rights rights; /* after the change */
	struct guard guard;           /* with --with-guard */
	struct hold hold;
};

static unsigned short current_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return (unsigned short)(mask & 0777);
}

static struct segment_rights wanted_rights(const struct set_wish *wish,
					   const struct segment *segment)
{
	struct segment_rights rights = { segment->uid, segment->gid, segment->mode };

	if (wish->uid_given)
		rights.uid = wish->uid;
	if (wish->gid_given)
		rights.gid = wish->gid;
	if (wish->mode)
		parse_mode_change(wish->mode, current_umask(), segment->mode, &rights.mode);
	return rights;
}

static bool rights_differ(const struct change *change)
{
	const struct segment_rights *rights = &change->rights;
	const struct segment *segment = &change->segment;

	return rights->uid != segment->uid || rights->gid != segment->gid ||
	       rights->mode != segment->mode;
}

static void print_change(const struct change *change, struct output *output)
{
	const struct set_wish *wish = change->wish;
	const struct segment *segment = &change->segment;
	const struct segment_rights *rights = &change->rights;

	output_format(output, "%s %d key=0x%08x uid=%u->%u gid=%u->%u mode=0%03o->0%03o%s",
		      wish->dry_run ? "would change" : "changed", segment->id,
		      (unsigned int)segment->key, segment->uid, rights->uid, segment->gid,
		      rights->gid, segment->mode, rights->mode,
		      wish->lock     ? " lock"
		      : wish->unlock ? " unlock"
				     : "");
	if (wish->with_guard)
		output_format(output, " guard=%d", change->guard.id);
	output_char(output, '\n');
}

static enum status lock_failed(const struct change *change, int error)
{
	const struct segment *segment = &change->segment;
	const char *what = change->wish->lock ? "lock" : "unlock";
	bool own = segment->uid == geteuid() || segment->cuid == geteuid();

	/* with a limit of 0, even the owner gets EPERM (shmctl(2)) */
	if (error == ENOMEM || (error == EPERM && own))
		return report_lock_limit(SEGMENT_LABEL(segment), segment->size);
	if (error == EPERM)
		return segment_denied(what, segment, "CAP_IPC_LOCK");
	return segment_failed(what, segment, error);
}

static enum status guard_failed(const struct change *change, int error)
{
	const char *what = SEGMENT_LABEL(&change->segment);

	if (segment_missing(error) || error == ENOENT)
		return fail(STATUS_MISSING, "%s has no guard (no semaphore set with its key)",
			    what);
	return fail(status_of_segment(error),
		    "%s was not changed: cannot change its guard (semaphore set %d): %s", what,
		    change->guard.id, reason_of_segment(error));
}

/* Finds the guard. Refuses a semaphore set that is not one, as rm --with-guard does. */
static enum status find_guard(struct change *change)
{
	const struct segment *segment = &change->segment;
	struct guard *guard = &change->guard;
	const char *reason;
	int error = guard_of_segment(segment, guard);

	if (error)
		return guard_failed(change, error);
	reason = guard_obstacle(guard, segment);
	if (reason)
		return fail(STATUS_BUSY, "%s and its guard (semaphore set %d) were not changed: %s",
			    SEGMENT_LABEL(segment), guard->id, reason);
	return may_control_of(guard->uid, guard->cuid) ? STATUS_DONE : guard_failed(change, EPERM);
}

/* Checks that all requested changes are permitted. */
static enum status check_change(struct change *change)
{
	const struct set_wish *wish = change->wish;
	const struct segment *segment = &change->segment;
	const bool differ = rights_differ(change);

	if (differ && !(wish->uid_given && wish->gid_given) && owner_is_unknown(segment))
		return segment_failed("change", segment, EOVERFLOW);
	if ((wish->lock || wish->unlock) && !may_lock(segment))
		return lock_failed(change, EPERM);
	if (differ && !may_control(segment))
		return segment_failed("change", segment, EPERM);
	return wish->with_guard ? find_guard(change) : STATUS_DONE;
}

/* Whether attaching the segment loses neither evidence of its use nor the segment itself. */
static bool may_hold(const struct segment *segment, struct processes *processes)
{
	if (removal_is_forced())
		return false;
	/* its owner, too, can remove it, and what its creator owns could be hit: see hold.h */
	return segment->uid != segment->cuid || segment->nattch || segment_never_used(segment) ||
	       process_find(processes, segment->lpid)->liveness == LIVENESS_GONE;
}

/* Sets the rights with the privileges of the creator: the id may belong to another user now. */
static int set_rights_as(uid_t creator, int id, const struct segment_rights *rights)
{
	struct actor before;
	int error = act_as(creator, &before);

	if (error)
		return error;
	error = segment_set_rights(id, rights);
	stop_acting(&before);
	return error;
}

static int set_lock_as(uid_t creator, int id, bool lock)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct actor before;
	int error;

	/* raise the limit if permitted: without CAP_IPC_LOCK, act_as() makes it apply */
	if (lock)
		setrlimit(RLIMIT_MEMLOCK, &unlimited);
	error = act_as(creator, &before);
	if (error)
		return error;
	error = segment_set_lock(id, lock);
	stop_acting(&before);
	return error;
}

/* Returns an errno value if a segment that is not held must not be changed: two users own it. */
static int cannot_act(const struct segment *segment)
{
	if (segment->uid == segment->cuid || !may_control_all())
		return 0;
	return removal_is_forced() ? EOWNERDEAD : EACCES;
}

static int set_rights(const struct change *change, const struct segment_rights *rights)
{
	const struct segment *segment = &change->segment;
	int error;

	if (change->hold.address)
		return segment_set_rights(segment->id, rights);
	error = cannot_act(segment);
	return error ? error : set_rights_as(segment->cuid, segment->id, rights);
}

static int set_lock(const struct change *change, bool lock)
{
	const struct segment *segment = &change->segment;
	int error;

	if (change->hold.address)
		return segment_set_lock(segment->id, lock);
	error = cannot_act(segment);
	return error ? error : set_lock_as(segment->cuid, segment->id, lock);
}

static enum status replaced(const struct segment *segment)
{
	return fail(STATUS_BUSY, "%s was not changed: its id now belongs to another segment",
		    SEGMENT_LABEL(segment));
}

/*
 * The id belongs to another segment now. If the change was applied to that one, gives it to
 * its creator, which is all that is certain about its former rights.
 */
static enum status give_back(const struct change *change, const struct segment *other,
			     bool was_locked, bool was_set)
{
	const struct segment_rights *set = &change->rights;
	const struct segment_rights back = { other->cuid, other->cgid, other->mode & 0600 };
	int error;

	/* whether it was locked before is not known; most segments are not */
	if (was_locked)
		set_lock_as(other->cuid, other->id, false);
	if (!was_set || other->uid != set->uid || other->gid != set->gid ||
	    other->mode != set->mode)
		return replaced(&change->segment);
	error = set_rights_as(other->cuid, other->id, &back);
	fail(STATUS_BUSY,
	     "%s was not changed: another segment got its id at that moment, and was %s",
	     SEGMENT_LABEL(&change->segment),
	     error ? "changed instead" : "given back to its creator");
	hint("check its owner and mode: shmtool stat%s %d", NAMESPACE_OPTION(NULL), other->id);
	return STATUS_BUSY;
}

/* Makes all of the changes, or none. */
static enum status make_change(const struct change *change)
{
	const struct set_wish *wish = change->wish;
	const struct segment *segment = &change->segment;
	const struct segment_rights before = { segment->uid, segment->gid, segment->mode };
	bool differ = rights_differ(change);
	struct segment now;
	int lock_error = 0;
	int guard_error = 0;
	int error = 0;

	/* locking is more likely to fail, so it comes first, while nothing has been changed */
	if (wish->lock || wish->unlock)
		lock_error = set_lock(change, wish->lock);
	if (differ && !lock_error)
		error = set_rights(change, &change->rights);
	if (!change->hold.address && listing_look(segment->id, &now) == 0 &&
	    !segment_is_same(segment, &now))
		return give_back(change, &now, wish->lock && !lock_error,
				 differ && !lock_error && !error);
	if (lock_error)
		return lock_failed(change, lock_error);
	if (!error && wish->with_guard)
		guard_error = guard_set_rights(&change->guard, &change->rights);
	if (!error && !guard_error)
		return STATUS_DONE;
	if (guard_error && differ)
		set_rights(change, &before);
	if (wish->lock || wish->unlock)
		set_lock(change, segment->locked);
	return error ? segment_failed("change", segment, error) : guard_failed(change, guard_error);
}

/* Attaches the segment if it may, checks that it is still the same one, and changes it. */
static enum status change_safely(struct change *change, struct processes *processes)
{
	struct segment *segment = &change->segment;
	enum status status = STATUS_DONE;
	bool touched = change->wish->lock || change->wish->unlock || rights_differ(change);

	if (touched && may_hold(segment, processes) && segment_hold(segment, &change->hold) == 0) {
		struct segment now;

		if (listing_look(segment->id, &now) || !segment_is_same(segment, &now)) {
			status = replaced(segment);
		} else {
			/* use its current rights, so that only the requested ones change */
			*segment = now;
			change->rights = wanted_rights(change->wish, &now);
		}
	}
	if (!status)
		status = make_change(change);
	segment_release(&change->hold);
	return status;
}

enum status set_change(const struct set_wish *wish, const struct segment *listed,
		       struct processes *processes, struct output *output)
{
	struct change change = { .wish = wish };
	struct segment *segment = &change.segment;
	bool any = wish->lock || wish->unlock || wish->with_guard;
	enum status status;
	int error = listing_look(listed->id, segment);

	if (error)
		return segment_failed("change", listed, error);
	if (!segment_is_same(listed, segment))
		return replaced(listed);
	change.rights = wanted_rights(wish, segment);
	any = any || rights_differ(&change);
	status = check_change(&change);
	if (!status && any && !wish->dry_run)
		status = change_safely(&change, processes);
	if (!status && any && (wish->verbose || wish->dry_run))
		print_change(&change, output);
	return status;
}
