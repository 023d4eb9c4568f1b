/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/reclaim.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "shm/segment/control.h"
#include "shm/segment/hold.h"
#include "shm/segment/listing.h"

/* The work on one batch. */
struct work {
	struct reclaim_batch *batch;
	reclaim_enter *enter;
	void *context;
	void **held; /* by the index of the item: where it is attached, or NULL */
	size_t held_count;
	pid_t pid;          /* ours */
	unsigned int place; /* the one that is entered */
	bool forced;        /* kernel.shm_rmid_forced is 1 there */
	bool privileged;    /* may_control_all() there */
	bool full;          /* nothing more can be held */
};

/* The namespace that no item is in. */
static const unsigned int nowhere = (unsigned int)-1;

static enum reclaim_result fails(struct reclaim *item, enum reclaim_result result, int error)
{
	if (segment_missing(error))
		return RECLAIM_VANISHED;
	item->error = error;
	return result;
}

/* Sets the result that ends the work on an item. */
static void finish(struct work *work, struct reclaim *item, enum reclaim_result result)
{
	item->result = result;
	item->step = STEP_DONE;
	if (result != RECLAIM_REMOVED || !work->batch->process_ends)
		segment_release(&work->held[item - work->batch->items]);
}

/* Enters the namespace of an item, if it is another one than that of the item before. */
static int enter(struct work *work, const struct reclaim *item)
{
	int error;

	if (item->place == work->place)
		return 0;
	work->place = nowhere;
	error = work->enter ? work->enter(work->context, item->place) : 0;
	if (error)
		return error;
	work->place = item->place;
	work->forced = removal_is_forced();
	work->privileged = may_control_all();
	return 0;
}

static bool has_same_owner(const struct segment *before, const struct segment *after)
{
	return before->uid == after->uid && before->gid == after->gid;
}

/* Whether two looks saw the same segment, with the same permissions. */
static bool is_unchanged(const struct segment *before, const struct segment *after)
{
	return segment_is_same(before, after) && has_same_owner(before, after) &&
	       before->mode == after->mode && before->ctime == after->ctime &&
	       before->dest == after->dest;
}

/* Whether no process attached or detached it between two looks. */
static bool is_unused(const struct segment *before, const struct segment *after)
{
	return before->lpid == after->lpid && before->atime == after->atime &&
	       before->dtime == after->dtime;
}

/*
 * The same for a segment that is held: last user and atime are ours since. A
 * process that attached and detached it before is known by its dtime.
 */
static bool is_unused_but_by_us(const struct work *work, const struct segment *before,
				const struct segment *after)
{
	return after->lpid == work->pid && before->dtime == after->dtime;
}

/* --- From the first look to mode 0 --- */

/* Whether it is as it was listed, and may be removed; RECLAIM_UNTRIED says yes. */
static enum reclaim_result check_listed(const struct work *work, struct reclaim *item,
					struct segment *now)
{
	const struct segment *listed = &item->listed;
	int error = listing_look(listed->id, now);

	if (error)
		return fails(item, RECLAIM_FAILED, error);
	if (!is_unchanged(listed, now))
		return RECLAIM_CHANGED;
	if (!work->batch->even_attached || listed->nattch == 0) {
		if (now->nattch > 0)
			return RECLAIM_IN_USE;
		if (!is_unused(listed, now))
			return RECLAIM_CHANGED;
		if (owner_is_unknown(now))
			return fails(item, RECLAIM_FAILED, EOVERFLOW);
	}
	/* before it is held, which leaves a trace */
	return work->privileged || may_control(now) ? RECLAIM_UNTRIED
						    : fails(item, RECLAIM_FAILED, EPERM);
}

/* The look after the hold; RECLAIM_UNTRIED: it is the same, and only we have it attached. */
static enum reclaim_result check_held(const struct work *work, struct reclaim *item,
				      struct segment *now)
{
	int error = listing_look(item->listed.id, now);

	if (error)
		return fails(item, RECLAIM_FAILED, error);
	if (!is_unchanged(&item->listed, now))
		return RECLAIM_CHANGED;
	if (item->listed.nattch > 0)
		return RECLAIM_UNTRIED;
	if (now->nattch > 1)
		return RECLAIM_IN_USE;
	return is_unused_but_by_us(work, &item->listed, now) ? RECLAIM_UNTRIED : RECLAIM_CHANGED;
}

/* Why shmat(2) failed: EINVAL says that there is no segment, or that it was truncated. */
static enum reclaim_result cannot_hold(struct work *work, struct reclaim *item, int error)
{
	struct segment now;

	if (error == ENOMEM && work->held_count) {
		work->full = true;
		return RECLAIM_UNTRIED;
	}
	if (segment_missing(error)) {
		error = listing_look(item->listed.id, &now);
		if (error)
			return fails(item, RECLAIM_FAILED, error);
		error = ENODATA;
	}
	/* an ordinary user can hit only what is his own */
	return work->privileged ? fails(item, RECLAIM_NO_HOLD, error) : RECLAIM_UNTRIED;
}

/* Holds it, and checks it again; RECLAIM_UNTRIED says that the work can go on. */
static enum reclaim_result hold(struct work *work, struct reclaim *item, struct segment *now)
{
	void **held = &work->held[item - work->batch->items];
	int error;

	if (work->forced)
		return RECLAIM_UNTRIED;
	error = segment_hold(item->listed.id, held);
	if (error)
		return cannot_hold(work, item, error);
	work->held_count++;
	item->replaced = true;
	return check_held(work, item, now);
}

/*
 * Calls IPC_SET or IPC_RMID (rights is NULL). By the id of a segment that is not
 * held this can hit what its creator owns, and nothing else.
 */
static int call(const struct work *work, const struct reclaim *item,
		const struct segment_rights *rights)
{
	const struct segment *listed = &item->listed;
	bool held = work->held[item - work->batch->items];
	struct actor before;
	int error = held ? 0 : act_as(listed->cuid, &before);

	if (error)
		return error;
	error = rights ? segment_set_rights(listed->id, rights) : segment_remove(listed->id);
	if (!held)
		stop_acting(&before);
	return error;
}

/* Marks a segment for removal that other processes have attached. */
static enum reclaim_result mark(struct work *work, struct reclaim *item)
{
	int error;

	item->step = STEP_REMOVING;
	error = call(work, item, NULL);
	return error ? fails(item, RECLAIM_FAILED, error) : RECLAIM_REMOVED;
}

/*
 * Blocks it. A segment of mode 0 is blocked already, maybe by another removal,
 * which restores the mode that it found: that must not be 0 because of us.
 */
static enum reclaim_result block(struct work *work, struct reclaim *item, const struct segment *now)
{
	const struct segment_rights nobody = { now->uid, now->gid, 0 };
	int error;

	/* before the call, for reclaim_undo() */
	item->step = STEP_BLOCKING;
	error = now->mode ? call(work, item, &nobody) : 0;
	return error ? fails(item, RECLAIM_FAILED, error) : RECLAIM_UNTRIED;
}

static void begin(struct work *work, struct reclaim *item)
{
	struct segment now;
	enum reclaim_result result;
	int error = enter(work, item);

	if (error) {
		item->error = error;
		finish(work, item, RECLAIM_UNREACHED);
		return;
	}
	result = check_listed(work, item, &now);
	if (!result)
		result = hold(work, item, &now);
	if (work->full)
		return;
	if (!result)
		result = item->listed.nattch > 0 ? mark(work, item) : block(work, item, &now);
	if (result)
		finish(work, item, result);
}

/* --- In between --- */

/*
 * Waits for the processes that shmat(2) let in before the mode was 0 until they
 * are counted. membarrier(2) does nothing with one processor, where they may be
 * stopped because we run, and is not to be had with nohz_full or where seccomp
 * refuses it: time must do then.
 */
static void settle(void)
{
	const struct timespec moment = { .tv_nsec = 20000000 };

	/* in this order: some C libraries count only the processors that we may use */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0 ||
	    sysconf(_SC_NPROCESSORS_ONLN) < 2)
		nanosleep(&moment, NULL);
}

/* --- From the look after that to the end --- */

/* Gives a blocked segment its mode back; its owner is who it is now. */
static enum reclaim_result restore(const struct work *work, struct reclaim *item,
				   const struct segment *now, enum reclaim_result result)
{
	const struct segment_rights rights = { now->uid, now->gid, item->listed.mode };
	int error = item->listed.mode ? call(work, item, &rights) : 0;

	if (!error || segment_missing(error))
		return result;
	item->error = error;
	return RECLAIM_BLOCKED;
}

/* After IPC_RMID: a process that attached in spite of mode 0 shows now. */
static enum reclaim_result check_removed(const struct reclaim *item, bool held)
{
	const struct segment *listed = &item->listed;
	struct segment now;

	/* key and ctime differ by now, so the creator and the size must do */
	if (listing_look(listed->id, &now) == 0 && now.dest && now.nattch > held &&
	    now.cuid == listed->cuid && now.cpid == listed->cpid && now.size == listed->size)
		return RECLAIM_MARKED;
	return RECLAIM_REMOVED;
}

/* The steps for a segment that is blocked, once all processes are counted. */
static enum reclaim_result remove_if_unused(struct work *work, struct reclaim *item)
{
	const struct segment *listed = &item->listed;
	bool held = work->held[item - work->batch->items];
	struct segment now;
	/* not by IPC_STAT: an ordinary owner may not ask that of a segment of mode 0 */
	int error = listing_look(listed->id, &now);

	if (error && segment_missing(error))
		return RECLAIM_VANISHED;
	if (error) {
		item->error = error;
		return restore(work, item, listed, RECLAIM_FAILED);
	}
	if (!segment_is_same(listed, &now) || now.mode != 0)
		return RECLAIM_CHANGED; /* a process set a mode: it has the last word */
	if (now.nattch > held)
		return restore(work, item, &now, RECLAIM_IN_USE);
	if (!has_same_owner(listed, &now) ||
	    !(held ? is_unused_but_by_us(work, listed, &now) : is_unused(listed, &now)))
		return restore(work, item, &now, RECLAIM_CHANGED);
	item->step = STEP_REMOVING;
	error = call(work, item, NULL);
	if (error && !segment_missing(error)) {
		item->error = error;
		return restore(work, item, &now, RECLAIM_FAILED);
	}
	return error ? RECLAIM_VANISHED : check_removed(item, held);
}

static void end(struct work *work, struct reclaim *item)
{
	int error = enter(work, item);

	if (error) {
		item->error = error;
		finish(work, item, RECLAIM_BLOCKED);
		return;
	}
	finish(work, item, remove_if_unused(work, item));
}

void reclaim(struct reclaim_batch *batch, reclaim_enter *enter_place, void *context)
{
	struct work work = { .batch = batch,
			     .enter = enter_place,
			     .context = context,
			     .place = nowhere,
			     .pid = getpid() };
	size_t blocked = 0;

	work.held = calloc(batch->count + 1, sizeof(*work.held));
	if (!work.held)
		return; /* all stay untried */
	for (size_t i = 0; i < batch->count && !work.full; i++) {
		begin(&work, &batch->items[i]);
		blocked += batch->items[i].step == STEP_BLOCKING;
	}
	if (blocked)
		settle();
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->items[i].step == STEP_BLOCKING)
			end(&work, &batch->items[i]);
	}
	free(work.held);
}

/* --- After a process was killed in the middle of that --- */

/* Restores the mode of a segment that is still blocked. */
static enum reclaim_result unblock(struct work *work, struct reclaim *item)
{
	struct segment now;
	int error;

	if (!work->forced)
		error = segment_hold(item->listed.id, &work->held[item - work->batch->items]);
	error = listing_look(item->listed.id, &now);
	if (error)
		return fails(item, RECLAIM_BLOCKED, error);
	if (!segment_is_same(&item->listed, &now))
		return RECLAIM_VANISHED;
	return now.mode ? RECLAIM_UNTRIED : restore(work, item, &now, RECLAIM_UNTRIED);
}

static enum reclaim_result undo(struct work *work, struct reclaim *item)
{
	const struct segment *listed = &item->listed;
	bool removing = item->step == STEP_REMOVING;
	struct segment now;
	int error = enter(work, item);

	if (!error)
		error = listing_look(listed->id, &now);
	if (error && segment_missing(error))
		return removing ? RECLAIM_REMOVED : RECLAIM_VANISHED;
	if (error)
		return fails(item, RECLAIM_BLOCKED, error);
	if (!segment_is_same(listed, &now))
		return removing ? RECLAIM_REMOVED : RECLAIM_VANISHED;
	if (removing && now.dest && !listed->dest)
		return listed->nattch ? RECLAIM_REMOVED : RECLAIM_MARKED;
	return now.mode ? RECLAIM_UNTRIED : unblock(work, item);
}

void reclaim_undo(struct reclaim_batch *batch, reclaim_enter *enter_place, void *context)
{
	struct work work = { .batch = batch,
			     .enter = enter_place,
			     .context = context,
			     .place = nowhere,
			     .pid = getpid() };

	work.held = calloc(batch->count + 1, sizeof(*work.held));
	for (size_t i = 0; i < batch->count && work.held; i++) {
		struct reclaim *item = &batch->items[i];

		if (item->step == STEP_BLOCKING || item->step == STEP_REMOVING)
			finish(&work, item, undo(&work, item));
	}
	free(work.held);
}
