/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How `shmtool rm --orphaned` works, from the option to the report:
 *
 *   rm_run, rm        rm.c              options (filter_options.c), keep lists, namespace
 *   select_segments   common/select.c   lists segments, judges them (judge.c), filters them
 *   remove_chosen     here              one batch after another (rm_order.c: with -A):
 *   remove_batch      here              fills it, has it removed, and reports it
 *   run_workers, work here              starts a worker (child.c), which works on the batch
 *   reclaim           reclaim.c         the steps that reclaim.h lists, one of them is
 *   segment_remove    control.c         IPC_RMID
 *   report_batch      here              what became of each segment (rm_report.c)
 */
#include "verbs/rm_removal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "shm/process/child.h"
#include "shm/segment/control.h"
#include "shm/segment/reclaim.h"
#include "shm/system/signals.h"
#include "verbs/rm_guard.h"
#include "verbs/rm_order.h"

/* Lines written at a time: one write(2) per line would take as long as the removal. */
enum { LINES = 32 };

/* The size of a batch in memory, in bytes. */
enum { BATCH_SIZE = sizeof(struct reclaim_batch) + RECLAIM_BATCH * sizeof(struct reclaim_item) };

/* After so many batches, the namespaces of one owner share them. */
enum { BATCHES_OF_OWNER = 32 };

/* A segment of this size may not fit into the address space. */
static const uint64_t vast_size = (uint64_t)1 << (sizeof(void *) > 4 ? 40 : 24);

/* A removal in progress. */
struct removal {
	struct report *report;
	const struct selection *selection;
	struct reclaim_batch *batch;                   /* shared with the worker */
	const struct segment *segments[RECLAIM_BATCH]; /* the segments of the batch, */
	size_t count;
	const struct namespace *places[RECLAIM_BATCH]; /* and the namespaces that they are in */
	unsigned int place_count;
	struct namespace_owner owner; /* of the last of them; the batches of that owner so far: */
	int batches_of_owner;
	struct namespace home; /* the namespace in which remove_chosen() began */
	bool away;             /* this process has entered another one */
	pid_t parent;
	int64_t patience; /* what is left of NAMESPACE_PATIENCE */
	bool begun;       /* the first segment was tried */
	bool undo;
};

/* Why a segment is skipped, or NULL. Naming it outright overrides the keep list. */
static const char *why_skipped(const struct report *report, const struct segment *segment)
{
	if (segment->nattch > 0 && !report->options->choice.filter.even_attached)
		return "attached";
	/* not by STATE_KEPT: an attached segment has STATE_ATTACHED even if it is kept */
	if (report->by_filter && keep_names(&report->options->choice.keep, segment))
		return "in the keep list";
	return NULL;
}

/* --- What the worker does --- */

static int enter(void *context, unsigned int place)
{
	struct removal *removal = context;
	const struct namespace *ns = removal->places[place];
	bool users_changed;
	int error;

	if (!removal->away && namespace_same(ns, &removal->home))
		return 0;
	/* a process cannot return from another user namespace */
	if (ns->foreign && getpid() == removal->parent)
		return EAGAIN;
	error = namespace_enter_fd(ns->fd, &users_changed);
	removal->away |= !error;
	return error;
}

/* Closes files, so that a process in a container gains nothing by controlling the worker. */
static void become_worker(const struct removal *removal)
{
	static int files[RECLAIM_BATCH + 1];

	prctl(PR_SET_DUMPABLE, 0);
	files[0] = removal->home.fd;
	for (unsigned int i = 0; i < removal->place_count; i++)
		files[i + 1] = removal->places[i]->fd;
	child_keep_files(files, removal->place_count + 1);
}

/* Runs in the worker, or if none can be created, in this process. */
static int work(void *context)
{
	struct removal *removal = context;
	bool users_changed;
	sigset_t mask;

	/* without a worker, no other process could undo work that a signal interrupts */
	signals_block(&mask);
	if (getpid() != removal->parent)
		become_worker(removal);
	reclaim(removal->batch, removal->undo, enter, removal);
	if (removal->away)
		removal->away = namespace_enter_fd(removal->home.fd, &users_changed) != 0;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return 0;
}

/* --- What this process does --- */

/*
 * Whether a namespace can be in the same batch as the last one: those of one user namespace can,
 * and after so many batches, all of one owner. A user can create thousands of them.
 */
static bool shares_batch(struct removal *removal, struct namespace_owner owner)
{
	const struct namespace_owner last = removal->owner;

	removal->owner = owner;
	if (owner.owner != last.owner)
		removal->batches_of_owner = 0;
	return owner.owner == last.owner &&
	       (owner.users == last.users || removal->batches_of_owner >= BATCHES_OF_OWNER);
}

/*
 * Fills the batch with segments that are not skipped, from this index of the selection on.
 * Returns the index where it ends.
 */
static size_t fill_batch(struct removal *removal, size_t first)
{
	const struct listing *list = &removal->selection->list;
	size_t most = RECLAIM_BATCH;
	/* with guards, segments are removed one by one */
	const size_t end = removal->report->options->with_guard ? first + 1 : list->count;
	const struct namespace *last = NULL;
	size_t i;

	removal->count = 0;
	removal->place_count = 0;
	removal->batches_of_owner++;
	for (i = first; i < end && removal->count < most; i++) {
		const struct segment *segment = &list->items[i];
		const struct namespace *ns = segment->ns ? segment->ns : &removal->home;

		if (why_skipped(removal->report, segment))
			continue;
		if (last != ns) {
			bool shares = shares_batch(removal, owner_of_place(ns, &removal->home));

			/* a worker cannot return from another user namespace */
			if (last && (!shares || last->foreign || ns->foreign))
				break;
			removal->places[removal->place_count++] = ns;
		}
		last = ns;
		removal->batch->items[removal->count] = (struct reclaim_item){ 0 };
		removal->segments[removal->count++] = segment;
		/*
		 * The first batch has one segment: its line shows whether stdout can be written. One
		 * that cannot be attached must not be removed before others (begin_to_act()).
		 */
		if (!removal->begun && removal->count == 1 && segment->size < vast_size)
			most = 1;
	}
	return i;
}

/* Writes the data for the worker to the shared memory. */
static void share_batch(const struct removal *removal)
{
	unsigned int place = 0;

	removal->batch->dry_run = removal->report->options->dry_run;
	removal->batch->even_attached = removal->report->options->choice.filter.even_attached;
	removal->batch->count = removal->count;
	removal->batch->worker = 0;
	removal->batch->unfinished = false;
	for (size_t i = 0; i < removal->count; i++) {
		struct reclaim_item *item = &removal->batch->items[i];

		place += i && removal->segments[i]->ns != removal->segments[i - 1]->ns;
		item->place = place;
		item->listed = *removal->segments[i];
		item->listed.ns = NULL;
	}
}

/*
 * Replaces impossible results: a process in a container may control the worker. What a worker
 * left under way may be at mode 0: that worker does not respond (then it may still remove what it
 * was about to), or it was killed, and so was the next one, which should have undone it. error:
 * which of the two.
 */
static void check_results(const struct removal *removal, int error)
{
	struct reclaim_item *items = removal->batch->items;

	for (size_t i = 0; i < removal->count; i++) {
		/* GCOVR_EXCL_START: no worker of a test is damaged */
		if (items[i].result >= RECLAIM_RESULTS) {
			items[i].result = RECLAIM_FAILED;
			items[i].error = EIO;
		}
		/* GCOVR_EXCL_STOP */
		if (items[i].result == RECLAIM_BLOCKING ||
		    (items[i].result == RECLAIM_REMOVING && error != EINPROGRESS)) {
			/* an attached one is only to be marked */
			items[i].result =
				removal->segments[i]->nattch ? RECLAIM_FAILED : RECLAIM_BLOCKED;
			items[i].error = error;
		}
		/* the kernel's largest errno value (MAX_ERRNO) */
		/* GCOVR_EXCL_START: the same */
		if (items[i].error < 0 || items[i].error > 4095)
			items[i].error = EIO;
		/* GCOVR_EXCL_STOP */
	}
}

/* A worker that is blocked goes on later, perhaps while its results are being reported. */
static void give_up_batch(struct removal *removal)
{
	struct reclaim_batch *copy = shared_memory(BATCH_SIZE);

	removal->batch->given_up = true;
	if (!copy)
		return; /* GCOVR_EXCL_LINE: no memory: the results may change */
	memcpy(copy, removal->batch, BATCH_SIZE);
	munmap(removal->batch, BATCH_SIZE);
	removal->batch = copy;
}

/* Removes the batch in workers, one after another. Returns what child_run() does. */
static int run_workers(struct removal *removal, int *signal)
{
	unsigned int calls = 0;
	int error;

	do {
		share_batch(removal);
		removal->batch->calls = calls++;
		error = child_run(work, removal, CHILD_GOES_ON, signal);
	} while (!error && !*signal && removal->batch->unfinished && calls < RECLAIM_CALLS_MOST &&
		 !signals_came());
	return error;
}

/*
 * Removes the batch in a worker. Returns 0; EOWNERDEAD, if the worker was killed by *signal and
 * unfinished work has been undone; or ETIMEDOUT, if it is blocked.
 */
static int try_batch(struct removal *removal, int *signal)
{
	int undo_killed = 0;
	int undo_error = 0;
	int error = 0;
	bool goes_on;

	if (removal->count)
		error = run_workers(removal, signal);
	/* an exit status is that of a sanitizer, say */
	if (!error && *signal)
		error = EOWNERDEAD;
	if (error == EOWNERDEAD) {
		share_batch(removal);
		removal->undo = true;
		undo_error = child_run(work, removal, CHILD_GOES_ON, &undo_killed);
		/* if that worker is killed, too, this process undoes the work, as far as it can */
		if (undo_killed)
			work(removal);
	}
	goes_on = error == ETIMEDOUT || undo_error == ETIMEDOUT;
	if (goes_on)
		give_up_batch(removal);
	/* a worker that goes on keeps the locks */
	for (unsigned int i = 0; i < removal->place_count && !goes_on; i++)
		namespace_unlock(removal->places[i]);
	check_results(removal, goes_on ? EINPROGRESS : EINTR);
	return error;
}

/* A later removal would take the segment for orphaned, even if this process is running. */
static void note_last_user(const struct segment *segment, const struct reclaim_item *item)
{
	char name[32] = "not known here";

	if (item->last_user)
		snprintf(name, sizeof(name), "process %d", item->last_user);
	remark("the last user of segment %d (%s) is no longer on record, since shmtool attached "
	       "it",
	       segment->id, name);
}

/* Reports a segment of the batch: what was done with it, or with -n, what would be done. */
static enum status report_tried(struct report *report, const struct segment *segment,
				const struct reclaim_item *item)
{
	const enum reclaim_result result = item->result;
	enum status status;

	if (result == RECLAIM_PENDING && !item->replaced)
		return STATUS_DONE; /* the worker was killed before it came to this one */
	if (result == RECLAIM_REMOVED) {
		report_removed(report, segment);
		return STATUS_DONE;
	}
	status = result == RECLAIM_PENDING
			 ? STATUS_DONE
			 : report_not_removed(report, segment, result, item->error);
	if (item->replaced && result != RECLAIM_VANISHED && result != RECLAIM_MARKED &&
	    result != RECLAIM_REMOVING)
		note_last_user(segment, item);
	return status;
}

static enum status report_skipped(struct report *report, const struct segment *segment)
{
	const char *why = why_skipped(report, segment);

	/* named: report a denial first, since it does not depend on attachments */
	if (!report->by_filter && !may_control(segment))
		return report_not_removed(report, segment, RECLAIM_FAILED, EPERM);
	if (!report->by_filter)
		return report_attached(report, segment);
	report->skipped++;
	if (report->options->verbose)
		note("%s skipped: %s", SEGMENT_LABEL(segment), why);
	return STATUS_DONE;
}

/* Reports the results for the segments of the selection from first to end - 1. */
static void report_batch(struct removal *removal, size_t first, size_t end)
{
	struct report *report = removal->report;
	const struct reclaim_item *items = removal->batch->items;
	size_t reported = 0; /* items of the batch reported so far */

	for (size_t i = first; i < end; i++) {
		const struct segment *segment = &removal->selection->list.items[i];
		bool tried = reported < removal->count && removal->segments[reported] == segment;

		status_keep_first(&report->status, missing_before(removal->selection, i));
		status_keep_first(&report->status,
				  tried ? report_tried(report, segment, &items[reported])
					: report_skipped(report, segment));
		reported += tried;
		if ((i - first) % LINES == LINES - 1)
			report_flush(report);
	}
	report_flush(report);
}

/* Reports that a worker was killed, or is blocked. */
static enum status report_worker(const struct removal *removal, int error, int signal)
{
	const struct namespace *ns = removal->place_count == 1 ? removal->segments[0]->ns : NULL;

	if (error != ETIMEDOUT)
		return fail(STATUS_FAILED,
			    "the worker process was killed by signal %d; nothing more was removed",
			    signal);
	fail(STATUS_FAILED, "the worker process does not respond%s%s; nothing more was removed",
	     ns ? " in IPC namespace " : "", ns ? NAMESPACE_LABEL(ns) : "");
	if (removal->batch->worker)
		remark("process %d restores the modes that it has set to 0 once it can: do not "
		       "kill it",
		       removal->batch->worker);
	return STATUS_FAILED;
}

/* Removes and reports a batch. Returns the index where it ended. */
static size_t remove_batch(struct removal *removal, size_t first)
{
	const bool dry_run = removal->report->options->dry_run;
	size_t end = fill_batch(removal, first);
	int signal = 0;
	int error;

	/* the worker inherits these open files, so the lock is held until both have exited */
	for (unsigned int i = 0; i < removal->place_count && !dry_run; i++)
		namespace_lock(removal->places[i], &removal->patience);
	/* a signal came while it waited: nothing more is removed */
	if (signals_came())
		return removal->selection->list.count;
	error = try_batch(removal, &signal);
	removal->begun |= removal->count > 0;
	removal->report->worker_lost = error;
	report_batch(removal, first, end);
	if (!error)
		return end;
	status_keep_first(&removal->report->status, report_worker(removal, error, signal));
	return removal->selection->list.count;
}

/* --- With a guard --- */

/*
 * Removes a segment and the guard with its key. First checks whether both can be removed, so
 * that neither remains without the other.
 */
static size_t remove_with_guard(struct removal *removal, size_t at)
{
	struct report *report = removal->report;
	const struct segment *segment = &removal->selection->list.items[at];
	const struct namespace *ns = segment->ns ? segment->ns : &removal->home;
	struct guard guard = { .id = -1 };
	enum status status = STATUS_DONE;
	size_t before = report->done;
	size_t end = at + 1;

	status_keep_first(&report->status, missing_before(removal->selection, at));
	if (!why_skipped(report, segment)) {
		/* before the check: any process can hold the lock, and take the guard */
		if (!report->options->dry_run)
			namespace_lock(ns, &removal->patience);
		status = rm_guard_check(report, segment, &guard);
		if (status)
			namespace_unlock(ns);
	}
	if (!status) {
		enum reclaim_result result;

		end = remove_batch(removal, at);
		result = removal->batch->items[0].result;
		if (report->done > before)
			status = rm_guard_remove(report, segment, &guard);
		else if (guard.id >= 0 && (report->worker_lost || result == RECLAIM_MARKED ||
					   result == RECLAIM_VANISHED))
			remark("its guard (semaphore set %d) was not removed", guard.id);
	}
	status_keep_first(&report->status, status);
	return end;
}

void remove_chosen(struct report *report, struct selection *selection)
{
	struct removal *removal = selection->list.count ? calloc(1, sizeof(*removal)) : NULL;
	size_t at = 0;

	if (!selection->list.count) {
		status_keep_first(&report->status, missing_before(selection, SIZE_MAX));
		return;
	}
	if (removal)
		removal->batch = shared_memory(BATCH_SIZE);
	if (!removal || !removal->batch) {
		/* what -m and -M name was removed before */
		report->status = fail(STATUS_EXHAUSTED, "not enough memory; nothing %swas removed",
				      report->done ? "more " : "");
		free(removal);
		return;
	}
	removal->report = report;
	removal->selection = selection;
	removal->parent = getpid();
	removal->patience = NAMESPACE_PATIENCE;
	namespace_open("/proc/self/ns/ipc", &removal->home);
	if (selection->inhabited > 1)
		sort_by_owner(&selection->list, &removal->home);
	while (at < selection->list.count && !report->output.error && !report->worker_lost &&
	       !signals_came()) {
		at = (report->options->with_guard ? remove_with_guard : remove_batch)(removal, at);
	}
	status_keep_first(&report->status, missing_before(selection, SIZE_MAX));
	namespace_close(&removal->home);
	munmap(removal->batch, BATCH_SIZE);
	free(removal);
}
