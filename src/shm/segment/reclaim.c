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

/* Few enough that the processor still has in its caches what it needs to destroy them. */
enum { RELEASED_TOGETHER = 64 };

/* The work on one batch. */
struct work {
	struct reclaim_batch *batch;
	reclaim_enter *enter;
	void *context;
	pid_t pid;          /* ours */
	struct hold *holds; /* by the index of the item */
	bool full;          /* no more of them can be held */
	unsigned int place; /* the namespace that is entered */
	bool forced;        /* kernel.shm_rmid_forced is 1 there, see try_to_block() */
	bool privileged;    /* may_control_all() there */
};

/* The namespace that no item is in. */
static const unsigned int nowhere = (unsigned int)-1;

static struct hold *hold_of(const struct work *work, const struct reclaim_item *item)
{
	return &work->holds[item - work->batch->items];
}

static bool is_held(const struct work *work, const struct reclaim_item *item)
{
	return hold_of(work, item)->address;
}

static enum reclaim_result failed_with(struct reclaim_item *item, enum reclaim_result result,
				       int error)
{
	if (segment_missing(error))
		return RECLAIM_VANISHED;
	item->error = error;
	return result;
}

/* Sets the result that ends the work on an item. */
static void finish(struct work *work, struct reclaim_item *item, enum reclaim_result result)
{
	item->result = result;
	item->step = STEP_DONE;
	segment_release(hold_of(work, item));
}

/* Enters the namespace of an item, if it is another one than that of the item before. */
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

static bool begin(struct work *work, struct reclaim_batch *batch, reclaim_enter *enter_place,
		  void *context)
{
	*work = (struct work){ .batch = batch,
			       .enter = enter_place,
			       .context = context,
			       .pid = getpid(),
			       .holds = calloc(batch->count + 1, sizeof(*work->holds)),
			       .place = nowhere };
	return work->holds;
}

/* Whether other processes have it attached, and it is only to be marked. */
static bool is_to_be_marked(const struct work *work, const struct reclaim_item *item)
{
	return work->batch->even_attached && item->listed.nattch > 0;
}

static bool has_same_owner(const struct segment *before, const struct segment *after)
{
	return before->uid == after->uid && before->gid == after->gid;
}

/*
 * Looks at it: whether it still is as it was listed, but for its mode, and whether no other
 * process has used it since. RECLAIM_PENDING says yes. While it is held, last
 * user and atime are ours; another process that has detached it shows by the dtime.
 */
static enum reclaim_result look(const struct work *work, struct reclaim_item *item,
				struct segment *now)
{
	const struct segment *listed = &item->listed;
	bool held = is_held(work, item);
	int error = listing_look(listed->id, now);

	if (error)
		return failed_with(item, RECLAIM_FAILED, error);
	if (!segment_is_same(listed, now) || !has_same_owner(listed, now))
		return RECLAIM_CHANGED;
	if (now->dest && !listed->dest)
		return RECLAIM_VANISHED; /* at its last detach, which may be ours */
	if (is_to_be_marked(work, item))
		return RECLAIM_PENDING;
	if (now->nattch > held)
		return RECLAIM_IN_USE;
	if (now->dtime != listed->dtime ||
	    (held ? now->lpid != work->pid
		  : now->lpid != listed->lpid || now->atime != listed->atime))
		return RECLAIM_CHANGED;
	return RECLAIM_PENDING;
}

/* The same, before its mode is 0. */
static enum reclaim_result look_before(const struct work *work, struct reclaim_item *item,
				       struct segment *now)
{
	enum reclaim_result result = look(work, item, now);

	if (!result && (now->mode != item->listed.mode || now->ctime != item->listed.ctime))
		return RECLAIM_CHANGED;
	return result;
}

/*
 * Calls IPC_SET or IPC_RMID (rights is NULL). By the id of a segment that is not
 * held this can hit what that user owns, and nothing else.
 */
static int call(const struct work *work, const struct reclaim_item *item,
		const struct segment_rights *rights)
{
	bool held = is_held(work, item);
	struct actor before;
	uid_t user;
	int error = 0;

	if (!held)
		error = find_actor(&item->listed, may_control_all(), &user) ? act_as(user, &before)
									    : EPERM;
	if (error)
		return error;
	error = rights ? segment_set_rights(item->listed.id, rights)
		       : segment_remove(item->listed.id);
	if (!held)
		stop_acting(&before);
	return error;
}

/* Why shmat(2) failed: EINVAL says that there is no segment, or that it was truncated. */
static enum reclaim_result cannot_hold(struct work *work, struct reclaim_item *item, int error)
{
	struct segment now;

	for (size_t i = 0; error == ENOMEM && i < work->batch->count; i++)
		work->full |= work->holds[i].address != NULL;
	if (work->full)
		return RECLAIM_PENDING;
	if (segment_missing(error)) {
		error = listing_look(item->listed.id, &now);
		if (error)
			return failed_with(item, RECLAIM_FAILED, error);
		error = ENODATA;
	}
	/* an ordinary user can hit only what is his own */
	return work->privileged || !find_actor(&item->listed, work->privileged, &(uid_t){ 0 })
		       ? failed_with(item, RECLAIM_NO_HOLD, error)
		       : RECLAIM_PENDING;
}

/* Holds it, and looks again; RECLAIM_PENDING says that the work can go on. */
static enum reclaim_result hold(struct work *work, struct reclaim_item *item, struct segment *now)
{
	int error;

	/* with our detach it would be destroyed, even where it is to stay */
	if (work->forced)
		return find_actor(&item->listed, work->privileged, &(uid_t){ 0 })
			       ? RECLAIM_PENDING
			       : failed_with(item, RECLAIM_NO_HOLD, EOWNERDEAD);
	error = segment_hold(&item->listed, hold_of(work, item));
	if (error)
		return cannot_hold(work, item, error);
	item->replaced = true;
	return look_before(work, item, now);
}

/*
 * Blocks it, or marks it. A segment of mode 0 is blocked already. If another removal
 * restored its mode after our look, IPC_SET would block it again for good.
 */
static enum reclaim_result block(struct work *work, struct reclaim_item *item,
				 const struct segment *now)
{
	const struct segment_rights blocked = { now->uid, now->gid, 0 };
	bool mark = is_to_be_marked(work, item);
	int error = 0;

	/* before the call, for reclaim_undo() */
	item->step = mark ? STEP_REMOVING : STEP_BLOCKING;
	if (mark || now->mode)
		error = call(work, item, mark ? NULL : &blocked);
	if (error)
		return failed_with(item, RECLAIM_FAILED, error);
	return mark ? RECLAIM_REMOVED : RECLAIM_PENDING;
}

static void try_to_block(struct work *work, struct reclaim_item *item)
{
	struct segment now;
	enum reclaim_result result;
	bool is_other_place = item->place != work->place;
	int error = enter_its_place(work, item);

	/* once for each namespace: with many, the kernel takes long to find the setting */
	if (is_other_place && !error) {
		work->forced = removal_is_forced();
		work->privileged = may_control_all();
	}
	item->error = error;
	result = error ? RECLAIM_UNREACHED : look_before(work, item, &now);
	if (!result && !is_to_be_marked(work, item) && owner_is_unknown(&now))
		result = failed_with(item, RECLAIM_FAILED, EOVERFLOW);
	/* before it is held, which leaves a trace */
	if (!result && !work->privileged && !may_control(&now))
		result = failed_with(item, RECLAIM_FAILED, EPERM);
	if (!result)
		result = hold(work, item, &now);
	if (!result && !work->full)
		result = block(work, item, &now);
	if (result)
		finish(work, item, result);
}

/*
 * Waits for the processes that shmat(2) let in before the mode was 0 until they
 * are counted. membarrier(2) does nothing with one processor, where they may be
 * stopped because we run, and is not to be had with nohz_full or where seccomp
 * refuses it: time must do then.
 */
static void settle(void)
{
	struct timespec moment = { .tv_nsec = 20000000 };

	/* in this order: some C libraries count only the processors that we may use */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0 ||
	    sysconf(_SC_NPROCESSORS_ONLN) < 2)
		while (nanosleep(&moment, &moment) < 0 && errno == EINTR)
			;
}

/*
 * Gives a blocked segment its mode back, unless it is another one, or a process has set
 * one since, which has the last word. Its owner is who it is now.
 */
static enum reclaim_result restore(const struct work *work, struct reclaim_item *item,
				   enum reclaim_result result)
{
	const struct segment *listed = &item->listed;
	struct segment now;
	int error = listing_look(listed->id, &now);
	bool blocked = !error && segment_is_same(listed, &now) && now.mode == 0;

	/* where SHM_STAT_ANY is not known, the owner may not look at mode 0: held, it is the same */
	if (error == EACCES && is_held(work, item)) {
		blocked = true;
		now = *listed;
	}
	if (blocked)
		error = listed->mode
				? call(work, item,
				       &(struct segment_rights){ now.uid, now.gid, listed->mode })
				: 0;
	if (error && !segment_missing(error))
		result = failed_with(item, RECLAIM_BLOCKED, error);
	return result;
}

/*
 * After IPC_RMID, and after it was released: it is destroyed, unless a process has attached
 * it in spite of mode 0. The id may be another segment's by now.
 */
static bool is_marked(const struct segment *listed)
{
	struct segment now;

	return !segment_is_gone(listed->id) && listing_look(listed->id, &now) == 0 && now.dest &&
	       segment_is_same(listed, &now);
}

/* The last look at a segment that is blocked, and IPC_RMID. */
static enum reclaim_result remove_if_unused(struct work *work, struct reclaim_item *item)
{
	struct segment now;
	enum reclaim_result result;
	int error = enter_its_place(work, item);

	if (error)
		return failed_with(item, RECLAIM_BLOCKED, error);
	result = look(work, item, &now);
	if (!result && now.mode)
		result = RECLAIM_CHANGED;
	if (!result) {
		item->step = STEP_REMOVING;
		error = call(work, item, NULL);
		result = error ? failed_with(item, RECLAIM_FAILED, error) : RECLAIM_REMOVED;
	}
	return result == RECLAIM_REMOVED ? result : restore(work, item, result);
}

/* The last steps for those from first to before end, which are in one namespace. */
static void remove_blocked(struct work *work, size_t first, size_t end)
{
	struct reclaim_item *items = work->batch->items;

	for (size_t i = first; i < end; i++) {
		if (items[i].step != STEP_BLOCKING)
			continue;
		items[i].result = remove_if_unused(work, &items[i]);
		if (items[i].result != RECLAIM_REMOVED)
			finish(work, &items[i], items[i].result);
	}
	segments_release(&work->holds[first], end - first);
	for (size_t i = first; i < end; i++) {
		if (items[i].step == STEP_REMOVING)
			finish(work, &items[i],
			       is_marked(&items[i].listed) ? RECLAIM_MARKED : RECLAIM_REMOVED);
	}
}

void reclaim(struct reclaim_batch *batch, reclaim_enter *enter_place, void *context)
{
	const struct reclaim_item *items = batch->items;
	struct work work;
	bool blocked = false;
	size_t end;

	if (!begin(&work, batch, enter_place, context))
		return; /* all stay untried */
	for (size_t i = 0; i < batch->count && !work.full; i++) {
		try_to_block(&work, &batch->items[i]);
		blocked |= items[i].step == STEP_BLOCKING;
	}
	if (blocked)
		settle();
	for (size_t i = 0; i < batch->count; i = end) {
		for (end = i + 1; end < batch->count && end < i + RELEASED_TOGETHER &&
				  items[end].place == items[i].place;)
			end++;
		remove_blocked(&work, i, end);
	}
	free(work.holds);
}

/* For an item that a killed process has begun, and not finished. */
static enum reclaim_result undo(struct work *work, struct reclaim_item *item)
{
	const struct segment *listed = &item->listed;
	bool removing = item->step == STEP_REMOVING;
	struct segment now;
	int error = enter_its_place(work, item);

	if (!error)
		error = listing_look(listed->id, &now);
	if (error && !segment_missing(error))
		return failed_with(item, RECLAIM_BLOCKED, error);
	if (error || !segment_is_same(listed, &now))
		return removing ? RECLAIM_REMOVED : RECLAIM_VANISHED;
	if (removing && now.dest && !listed->dest)
		return listed->nattch ? RECLAIM_REMOVED : RECLAIM_MARKED;
	/* where it cannot be held, call() sees to it that no other user's is hit */
	if (!removal_is_forced())
		segment_hold(listed, hold_of(work, item));
	return restore(work, item, RECLAIM_PENDING);
}

void reclaim_undo(struct reclaim_batch *batch, reclaim_enter *enter_place, void *context)
{
	struct work work;

	if (!begin(&work, batch, enter_place, context))
		return;
	for (size_t i = 0; i < batch->count; i++) {
		struct reclaim_item *item = &batch->items[i];

		if (item->step == STEP_BLOCKING || item->step == STEP_REMOVING)
			finish(&work, item, undo(&work, item));
	}
	free(work.holds);
}
