/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a segment is removed, its id can belong to another segment a moment later, and a
 * hostile user can choose that moment. A segment that is attached keeps its id. But
 * shmat(2) overwrites its last user, which may be the only evidence that the segment is
 * still wanted. So the segment is attached only if no evidence is lost. Otherwise it is
 * changed with the privileges of its creator, who cannot change the segments of other
 * users, and checked afterwards. If it has another owner, who could be hit, it is attached
 * with a warning.
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

/* Whether the new mode depends on the current one. */
static bool depends_on_mode(const struct set_wish *wish)
{
	struct segment segment = { 0 };
	const unsigned short mode = wanted_rights(wish, &segment).mode;

	while (++segment.mode <= 0777) {
		if (wanted_rights(wish, &segment).mode != mode)
			return true;
	}
	return false;
}

static bool differs(const struct segment_rights *rights, uid_t uid, gid_t gid, unsigned short mode)
{
	return rights->uid != uid || rights->gid != gid || rights->mode != mode;
}

static bool rights_differ(const struct change *change)
{
	const struct segment *segment = &change->segment;

	return differs(&change->rights, segment->uid, segment->gid, segment->mode);
}

static bool guard_differs(const struct change *change)
{
	const struct segment_rights *now = &change->guard.rights;

	return change->wish->with_guard && differs(&change->rights, now->uid, now->gid, now->mode);
}

static bool lock_differs(const struct change *change)
{
	const struct set_wish *wish = change->wish;

	return change->segment.locked ? wish->unlock : wish->lock;
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
		      !lock_differs(change) ? ""
		      : wish->lock          ? " lock"
					    : " unlock");
	if (guard_differs(change))
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

static const char not_changed[] = "not changed:";

/* outcome: what happened to the segment */
static enum status guard_failed(const struct change *change, const char *outcome, int error)
{
	const char *what = SEGMENT_LABEL(&change->segment);

	if (error == ENOENT)
		return fail(STATUS_MISSING, "%s has no guard (no semaphore set with its key)",
			    what);
	if (segment_missing(error))
		return fail(STATUS_MISSING, "%s was %s it or its guard was removed in the meantime",
			    what, outcome);
	return fail(status_of_segment(error),
		    "%s was %s its guard (semaphore set %d) cannot be changed: %s", what, outcome,
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
		return guard_failed(change, not_changed, error);
	reason = guard_obstacle(guard, segment);
	if (reason)
		return fail(STATUS_BUSY, "%s and its guard (semaphore set %d) were not changed: %s",
			    SEGMENT_LABEL(segment), guard->id, reason);
	error = guard_may_control(guard);
	return error ? guard_failed(change, not_changed, error) : STATUS_DONE;
}

/*
 * A mode of 0 may be that of a removal in progress, which restores the mode if it cannot
 * remove the segment. So nothing may be derived from it. Mode 0 is not confirmed, either, if
 * there is a sign of a removal: it does not wait for the lock forever, but most often has the
 * segment attached.
 */
static enum status check_mode(const struct change *change)
{
	const struct set_wish *wish = change->wish;
	const struct segment *segment = &change->segment;
	const bool held = change->hold.address;
	const bool sets_mode = wish->mode || wish->with_guard || rights_differ(change);

	if (segment->mode || !sets_mode)
		return STATUS_DONE;
	if (!depends_on_mode(wish) &&
	    (change->rights.mode ||
	     (!wish->unsure && !removal_is_forced() && segment->nattch <= held)))
		return STATUS_DONE;
	fail(STATUS_BUSY, "%s was not changed: its mode is 0000, and a removal may be in progress",
	     SEGMENT_LABEL(segment));
	hint("try again, or set the whole mode: shmtool set%s -p 0600 %d",
	     NAMESPACE_OPTION(segment->ns), segment->id);
	return STATUS_BUSY;
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
	if (check_mode(change))
		return STATUS_BUSY;
	return wish->with_guard ? find_guard(change) : STATUS_DONE;
}

/*
 * Whether to attach the segment: if that loses neither evidence of its use nor the segment
 * itself, or if there is no user to act as instead.
 */
static bool may_hold(const struct segment *segment, struct processes *processes)
{
	if (removal_is_forced())
		return false;
	/* see find_actor() */
	if (segment->uid != segment->cuid && segment->uid && segment->cuid)
		return true;
	return segment->nattch || segment_never_used(segment) ||
	       process_find(processes, segment->lpid)->liveness == LIVENESS_GONE;
}

/*
 * Whether a creator takes back what that user gave away, with rights that another segment of
 * the same user may have, too: they give nothing to others, and do not depend on the owner.
 */
static bool takes_back(const struct change *change, const struct segment_rights *rights)
{
	return change->segment.cuid == geteuid() && rights->uid == geteuid() &&
	       !(rights->mode & 077) && !depends_on_mode(change->wish);
}

/*
 * Must be called before a call by the segment's id, which sets these rights (NULL: none). If
 * the segment is not held, its id may belong to another one now: then this acts as its creator,
 * who cannot change the segments of other users. Returns 0 or an errno value; stop_acting()
 * must follow the call.
 */
static int begin_call(const struct change *change, const struct segment_rights *rights,
		      struct actor *before)
{
	const struct segment *segment = &change->segment;
	const bool privileged = may_control_all() || may_lock_all();
	uid_t user = segment->cuid;
	int error;

	*before = (struct actor){ 0 };
	if (change->hold.address)
		return 0;
	/* other users may remove it, and cause its id to be reused */
	if (!find_actor(segment, privileged, &user) &&
	    (privileged || user != geteuid() || (rights && !takes_back(change, rights))))
		return removal_is_forced() ? EOWNERDEAD : EACCES;
	error = act_as(user, before);
	/* the right to attach the segment would help as well (segment_failed()) */
	return error == EPERM ? EACCES : error;
}

/* For a dry run: whether the segment could be held, or its creator be acted as. */
static enum status foresee(const struct change *change, struct processes *processes)
{
	const struct segment *segment = &change->segment;
	const bool differ = rights_differ(change);
	struct actor before;
	int error;

	if ((!differ && !lock_differs(change)) ||
	    (may_hold(segment, processes) && may_attach(segment)))
		return STATUS_DONE;
	error = begin_call(change, differ ? &change->rights : NULL, &before);
	if (error)
		return lock_differs(change) ? lock_failed(change, error)
					    : segment_failed("change", segment, error);
	stop_acting(&before);
	return STATUS_DONE;
}

static int set_rights(const struct change *change, const struct segment_rights *rights)
{
	struct actor before;
	int error = begin_call(change, rights, &before);

	if (error)
		return error;
	error = segment_set_rights(change->segment.id, rights);
	stop_acting(&before);
	return error;
}

static int set_lock(const struct change *change, bool lock)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct actor before;
	int error;

	/* the creator has no CAP_IPC_LOCK, so the limit applies: raise it if permitted */
	if (lock && !change->hold.address)
		setrlimit(RLIMIT_MEMLOCK, &unlimited);
	error = begin_call(change, NULL, &before);
	if (error)
		return error;
	error = segment_set_lock(change->segment.id, lock);
	stop_acting(&before);
	return error;
}

static enum status replaced(const struct segment *segment)
{
	return fail(STATUS_BUSY, "%s was not changed: its id now belongs to another segment",
		    SEGMENT_LABEL(segment));
}

/*
 * Looks at the segment again. Refuses a change in the meantime, even of its mode: another segment
 * with the same creator may have its id (segment_is_same()).
 */
static enum status look_again(const struct segment *before, struct segment *now)
{
	int error = listing_look(before->id, now);

	if (error)
		return segment_failed("change", before, error);
	if (!segment_is_same(before, now))
		return replaced(before);
	if (segment_has_same_owner(before, now) && before->ctime == now->ctime)
		return STATUS_DONE;
	return fail(STATUS_BUSY, "%s was not changed: it changed after it was listed",
		    SEGMENT_LABEL(before));
}

/* As replaced(), after the change, which may have changed another segment of the same creator. */
static enum status replaced_by(const struct change *change, const struct segment *now)
{
	replaced(&change->segment);
	if (now->cuid == change->segment.cuid || now->cuid == geteuid() || now->uid == geteuid())
		hint("check the other segment, which may have been changed instead: shmtool stat%s %d",
		     NAMESPACE_OPTION(change->segment.ns), now->id);
	return STATUS_BUSY;
}

/* Changes the guard, unless the new owner has removed the segment: another one may have its key. */
static int set_guard(const struct change *change)
{
	struct guard now;
	int error = guard_of_segment(&change->segment, &now);

	if (error == ENOENT || (!error && now.id != change->guard.id))
		error = EIDRM;
	return error ? error : guard_set_rights(&change->guard, &change->rights);
}

/*
 * Changes the segment, and then its guard. If one change of the segment fails, the others are
 * undone or not made. If the guard can no longer be changed, the segment stays changed: an
 * undo could overwrite what another process has changed since.
 */
static enum status make_change(const struct change *change)
{
	const struct set_wish *wish = change->wish;
	const struct segment *segment = &change->segment;
	const bool locks = lock_differs(change);
	const bool differ = rights_differ(change);
	struct segment now;
	int error = 0;

	/* locking is more likely to fail, so it comes first, while nothing has been changed */
	int lock_error = locks ? set_lock(change, wish->lock) : 0;

	if (differ && !lock_error)
		error = set_rights(change, &change->rights);
	if (!change->hold.address && listing_look(segment->id, &now) == 0 &&
	    !segment_is_same(segment, &now))
		return replaced_by(change, &now);
	if (lock_error)
		return lock_failed(change, lock_error);
	if (error && locks)
		set_lock(change, segment->locked);
	if (error)
		return segment_failed("change", segment, error);
	if (guard_differs(change))
		error = set_guard(change);
	return error ? guard_failed(change, differ || locks ? "changed, but" : not_changed, error)
		     : STATUS_DONE;
}

/* Attaches the segment if it may, checks that it is still the same one, and changes it. */
static enum status change_safely(struct change *change, struct processes *processes)
{
	struct segment *segment = &change->segment;
	enum status status = STATUS_DONE;
	bool touched = lock_differs(change) || rights_differ(change);

	if (touched && may_hold(segment, processes) && segment_hold(segment, &change->hold) == 0) {
		struct segment now = { 0 };

		status = look_again(segment, &now);
		if (!status || !segment_is_same(segment, &now))
			warn_of_trace("changing", segment, segment_trace(segment, &now));
		else
			warn_of_trace("changing", segment, TRACE_LISTED);
		if (!status) {
			/* use its current rights, so that only the requested ones change */
			*segment = now;
			change->rights = wanted_rights(change->wish, &now);
			status = check_mode(change);
		}
	}
	if (!status)
		status = make_change(change);
	if (change->hold.address)
		warn_of_detach("changing", segment);
	segment_release(&change->hold);
	return status;
}

enum status set_change(const struct set_wish *wish, const struct segment *listed,
		       struct processes *processes, struct output *output)
{
	struct change change = { .wish = wish };
	struct segment *segment = &change.segment;
	enum status status;
	bool any;

	if (wish->by_filter && segment_is_gone(listed->id))
		return STATUS_DONE;
	status = look_again(listed, segment);
	if (status)
		return status;
	change.rights = wanted_rights(wish, segment);
	status = check_change(&change);
	any = lock_differs(&change) || rights_differ(&change) || guard_differs(&change);
	if (!status && any)
		status = wish->dry_run ? foresee(&change, processes)
				       : change_safely(&change, processes);
	if (!status && any && (wish->verbose || wish->dry_run))
		print_change(&change, output);
	return status;
}
