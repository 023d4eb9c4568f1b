/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/reclaim.h"

#include <errno.h>
#include <unistd.h>

#include "shm/process/subuid.h"
#include "shm/segment/control.h"
#include "shm/segment/hold.h"
#include "shm/segment/judge.h"
#include "shm/segment/listing.h"
#include "shm/segment/settle.h"

/* Segments destroyed at a time: few, since they are checked once more after that. */
enum { DESTROYED_TOGETHER = 64 };

/* The work on one batch. */
struct work {
	struct reclaim_batch *batch;
	reclaim_enter *enter;
	void *context;
	pid_t pid;          /* of this process */
	bool full;          /* no more segments can be held in this turn */
	bool all_orphans;   /* in the batch */
	unsigned int place; /* the namespace that this process is in */
	unsigned int asked; /* the namespace that ask() has asked about, with these answers: */
	bool privileged;    /* may_control_all() */
	bool forced;        /* removal_is_forced() */
	bool settled;       /* attachments in progress were counted in time */
	enum turn {
		TURN_MARK, /* of segments that are only marked for removal: they are not blocked */
		TURN_HOLD, /* of those that can be held; again, until all have fitted */
		TURN_ACT,  /* of the others of one user, or of one range of users */
	} turn;
	unsigned int turns; /* of this kind so far */
	struct uid_range actors;
};

/*
 * A user can create thousands of segments of which only one fits into the address space: after
 * so many turns, the other large ones wait for the turn of their user.
 */
enum { TURNS_MOST = 8 };

/* A batch of segments that are not large takes no more turns than that. */
static const uint64_t large_size = (uint64_t)1 << (sizeof(void *) > 4 ? 36 : 20);

/* The place of no namespace. */
static const unsigned int nowhere = (unsigned int)-1;

/* All are released at the end of each turn. */
static struct hold *hold_of(const struct work *work, const struct reclaim_item *item)
{
	static struct hold holds[RECLAIM_BATCH];

	return &holds[item - work->batch->items];
}

static bool is_held(const struct work *work, const struct reclaim_item *item)
{
	return hold_of(work, item)->address;
}

static enum reclaim_result with_error(struct reclaim_item *item, enum reclaim_result result,
				      int error)
{
	item->error = error;
	return result;
}

static enum reclaim_result failed_with(struct reclaim_item *item, enum reclaim_result result,
				       int error)
{
	return segment_missing(error) ? RECLAIM_VANISHED : with_error(item, result, error);
}

/* Enters the namespace of an item, unless this process is in it already. */
static int enter_its_place(struct work *work, const struct reclaim_item *item)
{
	int error;

	if (item->place == work->place)
		return 0;
	work->place = nowhere;
	error = work->enter(work->context, item->place);
	if (error)
		return error;
	work->place = item->place;
	return 0;
}

/* Whether a segment is attached, and is only to be marked for removal. */
static bool is_to_be_marked(const struct work *work, const struct reclaim_item *item)
{
	return work->batch->even_attached && item->listed.nattch > 0;
}

/* Another segment had the id when it was attached. */
static void note_other(struct reclaim_item *item, const struct segment *other)
{
	item->replaced = segment_lost_user(other);
	item->last_user = 0;
}

/*
 * Checks that the segment is as it was listed, except for its mode, and that no other
 * process has used it since. Returns RECLAIM_PENDING if so. While it is held, its last
 * user and atime are those of this process; the dtime shows whether another process has
 * detached it.
 */
static enum reclaim_result look(const struct work *work, struct reclaim_item *item,
				struct segment *now)
{
	const struct segment *listed = &item->listed;
	bool held = is_held(work, item);
	int error = listing_look(listed->id, now);
	bool same = !error && segment_is_same(listed, now);

	if (error)
		return failed_with(item, RECLAIM_FAILED, error);
	if (held && !same)
		note_other(item, now);
	if (!same || !segment_has_same_owner(listed, now))
		return RECLAIM_CHANGED;
	if (now->dest && !listed->dest)
		return RECLAIM_VANISHED; /* it will be destroyed at its last detach */
	if (is_to_be_marked(work, item))
		return RECLAIM_PENDING;
	/* also if another process attached it just before, or used it */
	if (held && (now->lpid != work->pid || now->nattch > held || now->dtime != listed->dtime)) {
		item->replaced = true;
		item->last_user = now->lpid != work->pid ? now->lpid : 0;
	}
	if (now->nattch > held)
		return RECLAIM_IN_USE;
	if (now->dtime != listed->dtime ||
	    (held ? now->lpid != work->pid
		  : now->lpid != listed->lpid || now->atime != listed->atime))
		return RECLAIM_CHANGED;
	return RECLAIM_PENDING;
}

/* As look(), for a segment that is not blocked yet: its mode must be as listed, too. */
static enum reclaim_result look_before(struct work *work, struct reclaim_item *item,
				       struct segment *now)
{
	int error = enter_its_place(work, item);
	enum reclaim_result result =
		error ? with_error(item, RECLAIM_UNREACHED, error) : look(work, item, now);

	if (!result && (now->mode != item->listed.mode || now->ctime != item->listed.ctime))
		return RECLAIM_CHANGED;
	return result;
}

/* Whether to work on an item now. */
static bool has_its_turn(const struct work *work, const struct reclaim_item *item)
{
	const uid_t user = actor_of(&item->listed);
	const bool turns[] = {
		[TURN_MARK] = is_to_be_marked(work, item),
		[TURN_HOLD] = !item->waits,
		[TURN_ACT] = item->waits && user >= work->actors.first && user <= work->actors.last,
	};

	return item->result == RECLAIM_PENDING && turns[work->turn];
}

/* Goes on to the next turn; false: this process has had all that it may have. */
static bool next_turn(struct work *work)
{
	work->turns = work->full ? work->turns + 1 : 0;
	work->turn += !work->full;
	work->full = false;
	return work->turn < TURN_ACT;
}

/*
 * Begins with TURN_ACT, for the next user. While this process acts as a user, that user can keep it
 * from running (sched_setscheduler(2)), and also later. So this process acts as no other user, and
 * only that user's segments are at mode 0.
 */
static void begin_to_act(struct work *work)
{
	const struct reclaim_batch *batch = work->batch;
	size_t i = 0;

	while (i < batch->count && !batch->items[i].waits)
		i++;
	work->turn = TURN_ACT;
	work->actors = i < batch->count && batch->calls <= RECLAIM_USERS_MOST
			       ? subuid_range(actor_of(&batch->items[i].listed))
			       : (struct uid_range){ 0, (uid_t)-1 };
}

/*
 * Goes on without holding the segment when it has its turn, if that is safe, but not in spite of a
 * missing permission. error: why it is not held; it may be larger than the address space.
 */
static enum reclaim_result go_without(const struct work *work, struct reclaim_item *item, int error)
{
	struct actor before;
	uid_t user;

	if ((work->privileged && error == EACCES) ||
	    !find_actor(&item->listed, work->privileged, &user))
		return failed_with(item, RECLAIM_NO_HOLD, error);
	if (!work->batch->dry_run) {
		item->waits = work->turn != TURN_ACT;
		return RECLAIM_PENDING;
	}
	error = act_as(user, &before);
	if (error)
		return failed_with(item, RECLAIM_FAILED, error);
	stop_acting(&before);
	return RECLAIM_REMOVED;
}

/* Why shmat(2) failed. EINVAL means that the segment no longer exists, or that it was truncated. */
static enum reclaim_result cannot_hold(struct work *work, struct reclaim_item *item, int error)
{
	struct segment now;

	for (size_t i = 0; error == ENOMEM && work->turn != TURN_ACT && i < work->batch->count; i++)
		work->full |= is_held(work, &work->batch->items[i]);
	if (work->full)
		return RECLAIM_PENDING;
	if (segment_missing(error)) {
		error = listing_look(item->listed.id, &now);
		if (error)
			return failed_with(item, RECLAIM_FAILED, error);
		if (!segment_is_same(&item->listed, &now))
			return RECLAIM_CHANGED;
		error = ENODATA;
	}
	return go_without(work, item, error);
}

/*
 * Asks what applies to all segments of the namespace that this process is in. No segment may be
 * blocked yet, since this opens files. Whether a detach destroys segments is slow to find out for
 * many namespaces, and not asked for orphans: there are none where it does (hold.c).
 */
static void ask(struct work *work)
{
	if (work->asked == work->place)
		return;
	work->asked = work->place;
	work->privileged = may_control_all();
	work->forced = !work->all_orphans && removal_is_forced();
}

/* Holds the segment. Returns RECLAIM_PENDING if the work can continue. */
static enum reclaim_result hold(struct work *work, struct reclaim_item *item,
				const struct segment *now)
{
	int error;

	if (item->forced)
		return go_without(work, item, EOWNERDEAD);
	if (work->batch->dry_run)
		return may_attach(now) ? RECLAIM_REMOVED : cannot_hold(work, item, EACCES);
	item->waits = work->turn != TURN_ACT && work->turns >= TURNS_MOST &&
		      item->listed.size >= large_size;
	if (item->waits)
		return RECLAIM_PENDING;
	/* set before the call, in case this process is killed after it */
	item->replaced = !segment_never_used(&item->listed);
	item->last_user = item->listed.lpid;
	error = segment_hold(&item->listed, hold_of(work, item));
	if (!error)
		return RECLAIM_PENDING;
	item->replaced = false;
	return cannot_hold(work, item, error);
}

/* Holds the segment if it is as it was listed, or decides that it is removed without that. */
static enum reclaim_result try_to_hold(struct work *work, struct reclaim_item *item)
{
	struct segment now;
	enum reclaim_result result = look_before(work, item, &now);

	item->waits = false;
	if (result)
		return result;
	ask(work);
	item->forced = work->forced;
	if (!is_to_be_marked(work, item) && owner_is_unknown(&now))
		return failed_with(item, RECLAIM_FAILED, EOVERFLOW);
	/* checked before holding it, which leaves a trace */
	if (!work->privileged && !may_control(&now))
		return failed_with(item, RECLAIM_FAILED, EPERM);
	return hold(work, item, &now);
}

/* Whether to block a segment now: it is held, or it is removed without that. */
static bool is_ready(const struct work *work, const struct reclaim_item *item)
{
	return item->result == RECLAIM_PENDING && !item->waits &&
	       (is_held(work, item) || work->turn == TURN_ACT);
}

/*
 * Blocks the segment, or marks it for removal, if it is as it was listed. If its mode is 0 already,
 * another removal may be about to restore it: IPC_SET could make mode 0 permanent.
 */
static enum reclaim_result block(struct work *work, struct reclaim_item *item)
{
	struct segment now;
	bool mark = is_to_be_marked(work, item);
	enum reclaim_result result = look_before(work, item, &now);
	int error = 0;

	if (result)
		return result;
	/* set before the call, in case this process is killed */
	item->result = mark ? RECLAIM_REMOVING : RECLAIM_BLOCKING;
	if (mark ? !now.dest : now.mode)
		error = segment_call(&item->listed, hold_of(work, item),
				     mark ? NULL : &(struct segment_rights){ now.uid, now.gid, 0 });
	if (error)
		return failed_with(item, RECLAIM_FAILED, error);
	return mark ? RECLAIM_REMOVED : RECLAIM_BLOCKING;
}

/*
 * Restores the mode of a blocked segment. Does nothing if its id belongs to another segment
 * now, or if a process has set a mode in the meantime. Keeps its current owner.
 */
static enum reclaim_result restore(const struct work *work, struct reclaim_item *item,
				   enum reclaim_result result)
{
	const struct segment *listed = &item->listed;
	struct segment now;
	int error = listing_look(listed->id, &now);
	bool same = !error && segment_is_same(listed, &now);
	bool blocked = same && now.mode == 0;

	if (!error && !same && is_held(work, item))
		note_other(item, &now);
	/* without SHM_STAT_ANY, even the owner may not read mode 0; a held segment is the same one */
	if (error == EACCES && is_held(work, item)) {
		/* GCOVR_EXCL_START: rarely: an older kernel, and another user */
		blocked = true;
		now = *listed;
		/* GCOVR_EXCL_STOP */
	}
	if (blocked)
		error = 0;
	if (blocked && listed->mode)
		error = segment_call(listed, hold_of(work, item),
				     &(struct segment_rights){ now.uid, now.gid, listed->mode });
	if (error && !segment_missing(error))
		result = failed_with(item, RECLAIM_BLOCKED, error);
	return result;
}

/* Checks a blocked segment for the last time, and removes it. It is destroyed when released. */
static enum reclaim_result remove_if_unused(struct work *work, struct reclaim_item *item)
{
	struct segment now;
	enum reclaim_result result;
	int error = enter_its_place(work, item);

	if (error)
		return with_error(item, RECLAIM_BLOCKED, error);
	result = work->settled ? look(work, item, &now) : RECLAIM_UNSETTLED;
	if (!result && (now.mode || work->batch->given_up))
		result = RECLAIM_CHANGED;
	if (!result) {
		item->result = RECLAIM_REMOVING;
		error = segment_call(&item->listed, hold_of(work, item), NULL);
		result = error ? failed_with(item, RECLAIM_FAILED, error) : RECLAIM_REMOVING;
	}
	return result == RECLAIM_REMOVING ? result : restore(work, item, result);
}

/* Releases the removed items from first to end - 1, which are in one namespace. */
static void destroy(struct work *work, size_t first, size_t end)
{
	struct reclaim_item *items = work->batch->items;
	int error = enter_its_place(work, &items[first]);

	segments_release(hold_of(work, &items[first]), end - first);
	for (size_t i = first; i < end; i++)
		items[i].result = !error && segment_stays_marked(&items[i].listed)
					  ? RECLAIM_MARKED
					  : RECLAIM_REMOVED;
}

/* Releases all segments: those that stay come last, since a process can make this one wait. */
static void release_all(struct work *work)
{
	const struct reclaim_item *items = work->batch->items;
	const size_t count = work->batch->count;
	size_t end;

	for (size_t i = 0; i < count; i = end) {
		end = i + 1;
		if (items[i].result != RECLAIM_REMOVING)
			continue;
		while (end < count && end < i + DESTROYED_TOGETHER &&
		       items[end].result == RECLAIM_REMOVING && items[end].place == items[i].place)
			end++;
		destroy(work, i, end);
	}
	segments_release(hold_of(work, items), count);
}

/* Undoes the work on an item that a killed process has begun, but not finished. */
static enum reclaim_result undo(struct work *work, struct reclaim_item *item)
{
	const struct segment *listed = &item->listed;
	bool removing = item->result == RECLAIM_REMOVING;
	struct segment now;
	int error = enter_its_place(work, item);

	if (error)
		return with_error(item, RECLAIM_BLOCKED, error);
	error = listing_look(listed->id, &now);
	if (error && !segment_missing(error))
		return with_error(item, RECLAIM_BLOCKED, error);
	if (error || !segment_is_same(listed, &now))
		return removing ? RECLAIM_REMOVED : RECLAIM_VANISHED;
	if (removing && now.dest && !listed->dest)
		return listed->nattch ? RECLAIM_REMOVED : RECLAIM_MARKED;
	if (is_to_be_marked(work, item))
		return RECLAIM_PENDING; /* it was not blocked */
	/* if it cannot be held, segment_call() prevents that another user's segment is changed */
	if (!item->forced)
		segment_hold(listed, hold_of(work, item));
	return restore(work, item, RECLAIM_PENDING);
}

/* Removes the segments that have their turn. The steps are those of reclaim.h. */
static void take_turn(struct work *work)
{
	struct reclaim_item *items = work->batch->items;
	const size_t count = work->batch->count;
	bool blocked = false;

	if (work->turn != TURN_MARK && !work->batch->dry_run)
		settle_prepare();
	for (size_t i = 0; i < count && !work->full && !work->batch->given_up; i++) {
		if (has_its_turn(work, &items[i]))
			items[i].result = try_to_hold(work, &items[i]);
	}
	for (size_t i = 0; i < count && !work->batch->given_up; i++) {
		if (is_ready(work, &items[i]))
			items[i].result = block(work, &items[i]);
		blocked |= items[i].result == RECLAIM_BLOCKING;
	}
	if (blocked)
		work->settled = settle();
	else
		settle_cancel();
	for (size_t i = 0; i < count && blocked; i++) {
		if (items[i].result == RECLAIM_BLOCKING)
			items[i].result = remove_if_unused(work, &items[i]);
	}
	release_all(work);
}

void reclaim(struct reclaim_batch *batch, bool undo_only, reclaim_enter *enter_place, void *context)
{
	struct reclaim_item *items = batch->items;
	struct work work = { .batch = batch,
			     .enter = enter_place,
			     .context = context,
			     .pid = getpid(),
			     .settled = true,
			     .all_orphans = true,
			     .place = nowhere,
			     .asked = nowhere };

	batch->worker = work.pid;
	for (size_t i = 0; i < batch->count && undo_only; i++) {
		if (items[i].result == RECLAIM_BLOCKING || items[i].result == RECLAIM_REMOVING)
			items[i].result = undo(&work, &items[i]);
	}
	if (undo_only) {
		release_all(&work);
		return;
	}
	users_look_up();
	for (size_t i = 0; i < batch->count; i++)
		work.all_orphans &= items[i].listed.state == STATE_ORPHANED;
	if (batch->calls)
		begin_to_act(&work);
	do {
		take_turn(&work);
	} while (!batch->given_up && work.settled && next_turn(&work));
	for (size_t i = 0; i < batch->count; i++) {
		if (items[i].result == RECLAIM_PENDING && !work.settled)
			items[i].result = RECLAIM_UNSETTLED;
		batch->unfinished |= items[i].result == RECLAIM_PENDING;
	}
}
