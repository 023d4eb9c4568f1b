/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/rm_removal.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "shm/segment/control.h"
#include "shm/segment/guard.h"
#include "shm/segment/reclaim.h"
#include "shm/system/interrupt.h"
#include "text/format.h"
#include "text/output.h"
#include "verbs/common/lookup.h"
#include "verbs/common/namespaces.h"

/*
 * Why a segment is left alone before anything is tried, or NULL. Outright
 * naming overrides the keep list.
 */
static const char *left_alone(const struct removal *removal, const struct segment *segment)
{
	if (segment->nattch > 0 && !removal->options->choice.filter.even_attached)
		return "it is attached";
	/* not by its state, which is attached where --even-attached matters */
	if (removal->by_filter && keep_names(&removal->options->choice.keep, segment))
		return "the keep list names it";
	return NULL;
}

/* Why its removal would fail, as far as that shows beforehand: an errno value, or 0. */
static int foreseen_error(const struct segment *segment)
{
	if (segment->nattch == 0 && owner_is_unknown(segment))
		return EOVERFLOW;
	return may_control(segment) ? 0 : EPERM;
}

/* Says what became of a segment that was tried, or why it was not (tried is NULL). */
static enum status tell_one(struct removal *removal, const struct segment *segment,
			    const struct reclaim *tried)
{
	const struct rm_options *options = removal->options;
	const char *why_not = tried ? NULL : left_alone(removal, segment);
	int error;

	if (why_not && !removal->by_filter)
		return tell_attached(removal, segment);
	if (why_not) {
		if (options->verbose)
			note("%s was left alone: %s", SEGMENT_LABEL(segment), why_not);
		return STATUS_DONE;
	}
	/* one that is neither tried nor left alone is there in a dry run */
	error = tried ? 0 : foreseen_error(segment);
	if (error)
		return tell_left(removal, segment, RECLAIM_FAILED, error);
	if (tried && tried->result != RECLAIM_REMOVED)
		return tell_left(removal, segment, tried->result, tried->error);
	tell_removed(removal, segment);
	return STATUS_DONE;
}

/*
 * What was stored before is there before what follows: whoever mends must find no
 * result of another batch.
 */
static void keep_order(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

/* Tries those of the segments that are not left alone. */
static void try_all(struct removal *removal, const struct segment *segments, size_t count)
{
	const struct rm_options *options = removal->options;
	struct tally *tally = removal->tally;

	tally->tried = tally->told = tally->written = 0;
	for (size_t i = 0; i < count && !options->dry_run; i++) {
		if (left_alone(removal, &segments[i]))
			continue;
		tally->tries[tally->tried] = (struct reclaim){ .listed = &segments[i] };
		keep_order();
		tally->tried++;
	}
	tally->begun |= tally->tried > 0 || options->dry_run;
	reclaim(tally->tries, tally->tried, options->choice.filter.even_attached);
}

/* Tells what became of the segment: the next one of those that were tried, or it was not tried. */
static enum status tell_next(struct removal *removal, const struct segment *segment)
{
	struct tally *tally = removal->tally;
	const struct reclaim *next = &tally->tries[tally->told];
	enum status status;

	if (tally->told == tally->tried || next->listed != segment)
		return tell_one(removal, segment, NULL);
	status = tell_one(removal, segment, next);
	entry_is_whole(tally);
	tally->told++;
	return status;
}

/* Why a segment and its guard are left alone. */
enum { REFUSED_SEVERAL, REFUSED_OTHER_USER, REFUSED_DENIED, REFUSED_TAKEN };

static const struct refusal {
	enum status status;
	const char *reason;
	const char *hint; /* or NULL */
} refusals[] = {
	[REFUSED_SEVERAL] = { STATUS_BUSY, "it has several semaphores, and a guard is one", NULL },
	[REFUSED_OTHER_USER] = { STATUS_BUSY, "another user made it than the segment", NULL },
	[REFUSED_DENIED] = { STATUS_DENIED, "permission denied", NULL },
	[REFUSED_TAKEN] = { STATUS_BUSY, "it is taken",
			    "--even-attached removes it all the same; who waits for it is told" },
};

/* What stands against removing a set as the guard of a segment, or NULL. */
static const struct refusal *guard_refused(const struct removal *removal,
					   const struct segment *segment, const struct guard *guard)
{
	bool even_in_use = removal->options->choice.filter.even_attached;
	bool in_use = false;

	if (guard->count != 1)
		return &refusals[REFUSED_SEVERAL];
	if (guard->cuid != segment->cuid)
		return &refusals[REFUSED_OTHER_USER];
	if (!may_control_of(guard->uid, guard->cuid))
		return &refusals[REFUSED_DENIED];
	/* what may not be looked at counts as taken */
	if (!even_in_use && (guard_in_use(guard->id, &in_use) || in_use))
		return &refusals[REFUSED_TAKEN];
	return NULL;
}

static enum status refuse_guard(struct removal *removal, const struct segment *segment,
				const struct guard *guard, const struct refusal *refusal)
{
	if (removal->options->json)
		tell_json(removal, segment, "left", "its guard cannot be removed");
	fail(refusal->status, "%s and its guard, semaphore set %d, were left alone: %s",
	     SEGMENT_LABEL(segment), guard->id, refusal->reason);
	if (refusal->hint)
		hint("%s", refusal->hint);
	return refusal->status;
}

/* Removes the guard of a segment that was just removed. */
static enum status remove_guard(struct removal *removal, const struct guard *guard)
{
	const struct rm_options *options = removal->options;
	int error = options->dry_run ? 0 : guard_remove(guard->id);

	if (error && !segment_missing(error)) {
		/* it is not tried again when we are interrupted over this */
		removal->tally->guard_due = false;
		return fail(status_of_segment(error),
			    "cannot remove the guard, semaphore set %d (key 0x%08x): %s", guard->id,
			    (unsigned int)guard->key, reason_of_segment(error));
	}
	tell_guard_removed(removal, guard);
	return STATUS_DONE;
}

/*
 * Removes a segment and the guard with its key. What stands against either is
 * looked for first, so that none of the two is left without the other.
 */
static enum status remove_with_guard(struct removal *removal, const struct segment *segment)
{
	struct tally *tally = removal->tally;
	const struct refusal *refusal;
	struct guard guard = { .id = -1 };
	enum status status;
	int error = segment->key ? guard_by_key(segment->key, &guard.id) : ENOENT;

	if (left_alone(removal, segment))
		return tell_one(removal, segment, NULL);
	if (!error)
		error = guard_look(guard.id, &guard);
	refusal = error ? NULL : guard_refused(removal, segment, &guard);
	if (refusal)
		return refuse_guard(removal, segment, &guard, refusal);
	tally->tried = 0;
	tally->guard = guard;
	keep_order();
	tally->guard_due = !error;
	try_all(removal, segment, 1);
	status = tell_next(removal, segment);
	if (!status && !error)
		status = remove_guard(removal, &guard);
	tally->guard_due = false;
	if (status || !error)
		return status;
	if (removal->options->force)
		return STATUS_DONE;
	return fail(STATUS_MISSING, "%s had no guard: no semaphore set has its key",
		    SEGMENT_LABEL(segment));
}

/* --- When there is nobody to mend what we leave --- */

/* Tells all that is not told, when the work has ended too early. */
static void end_early(struct removal *removal, bool interrupted)
{
	struct tally *tally = removal->tally;
	const bool guard_due =
		tally->guard_due && tally->tried && tally->tries[0].result == RECLAIM_REMOVED;

	take_back_entry(tally);
	output_flush_ready(removal->output);
	entry_is_whole(tally);
	tell_rest(removal, interrupted);
	if (guard_due)
		status_keep_first(&tally->status, remove_guard(removal, &tally->guard));
	tally->guard_due = false;
}

/* The same when this signal is to end us. */
__attribute__((noreturn)) static void end_by(struct removal *removal, int number)
{
	wait_with(removal, NULL);
	/* a terminal may take no more, whatever poll(2) says */
	interrupt_raise_soon(number);
	end_early(removal, true);
	signal_raise(number);
	_exit(128 + number);
}

static struct removal *alone;

/*
 * While signals wait, one comes only where they are let in: in interrupt_write() and in
 * let_signals_in(). So all may be called here.
 */
static void end_alone(int number)
{
	if (alone->waiting && !visit_is_watched())
		end_by(alone, number);
	signal_raise(number);
	_exit(128 + number);
}

/* From here on a signal that ends us first has told what is not told. */
static void be_alone(struct removal *removal)
{
	alone = removal;
	interrupt_catch(end_alone);
}

/* --- The work --- */

/* Removes what -m and -M name, as ipcrm does: whoever has it. */
static enum status remove_as_ipcrm(struct removal *removal, const struct segment_ref *ref)
{
	struct tally *tally = removal->tally;
	sigset_t signals;
	struct segment segment;
	int error = look_up_segment(ref, &segment);

	if (error && removal->options->force && segment_missing(error))
		return STATUS_DONE;
	if (error)
		return lookup_failed(ref, error);
	judge_segment(removal->view.judge, &segment);
	hold_signals(removal, &signals);
	if (!removal->options->dry_run)
		error = segment_remove(segment.id);
	else if (!may_control(&segment))
		error = EPERM;
	if (error) {
		let_signals_in(removal);
		return tell_left(removal, &segment,
				 segment_missing(error) ? RECLAIM_VANISHED : RECLAIM_FAILED, error);
	}
	tell_removed(removal, &segment);
	entry_is_whole(tally);
	tally->tries[0] = (struct reclaim){ &segment, RECLAIM_REMOVED, 0 };
	tally->tried = tally->told = !removal->options->dry_run;
	tally->written = 0;
	write_told(removal);
	if (removal->output->error)
		tell_untold(tally, tally->written);
	let_signals_in(removal);
	return STATUS_DONE;
}

/* Those of the selection that are in one namespace. */
struct stretch {
	struct removal *removal;
	const struct selection *selection;
	size_t first;
	size_t end;
};

/* Removes a part of it, and then says so. */
static void remove_batch(const struct stretch *stretch, size_t first, size_t end)
{
	struct removal *removal = stretch->removal;
	struct tally *tally = removal->tally;
	const struct segment *segments = stretch->selection->list.items;
	const bool with_guard = removal->options->with_guard;
	sigset_t signals;

	hold_signals(removal, &signals);
	if (!with_guard)
		try_all(removal, segments + first, end - first);
	for (size_t i = first; i < end; i++) {
		status_keep_first(&tally->status, missing_before(stretch->selection, i));
		status_keep_first(&tally->status, with_guard
							  ? remove_with_guard(removal, &segments[i])
							  : tell_next(removal, &segments[i]));
		entry_is_whole(tally);
		if ((i - first) % LINES == LINES - 1)
			write_told(removal);
	}
	let_signals_in(removal);
}

/* Removes them; where it cannot be told, nothing more is removed. */
static void remove_stretch(void *context)
{
	const struct stretch *stretch = context;
	struct removal *removal = stretch->removal;
	size_t at = stretch->first;

	be_alone(removal);
	while (at < stretch->end && !removal->output->error && !visit_is_forsaken()) {
		size_t left = stretch->end - at;
		/* what becomes of a guard is said at once */
		size_t most = removal->options->with_guard || !removal->tally->begun ? 1 : BATCH;
		size_t end = at + (left < most ? left : most);

		remove_batch(stretch, at, end);
		at = end;
	}
	/* the names that a child looked up are its own */
	status_keep_first(&removal->tally->status, view_end(&removal->view));
	interrupt_catch(SIG_DFL);
}

static void undo_tried(void *context)
{
	struct tally *tally = context;

	reclaim_undo(tally->tries, tally->tried);
}

/* Lets in whom a child that was killed had locked out. */
static void undo_there(struct tally *tally, const struct namespace *ns)
{
	const struct errand errand = {
		.ns = ns, .work = undo_tried, .context = tally, .signals_wait = true
	};

	if (ns)
		status_keep_first(&tally->status, all_namespaces_visit(&errand));
	else
		undo_tried(tally);
}

/* After a child's end: where it was killed, lets in whom it locked out, and tells the rest. */
static void mend(void *context, const struct visit *visit)
{
	const struct stretch *stretch = context;
	struct removal *removal = stretch->removal;
	struct output *output = removal->output;
	struct tally *tally = removal->tally;

	output->signals = NULL; /* the child's are not ours */
	if (!visit->signal && !(visit->interrupted && output->error))
		return;
	undo_there(tally, stretch->selection->list.items[stretch->first].ns);
	if (visit->interrupted)
		end_by(removal, visit->interrupted);
	be_alone(removal);
	wait_with(removal, &visit->signals);
	end_early(removal, false);
	wait_with(removal, NULL);
	interrupt_catch(SIG_DFL);
	/* by writing to stderr: we end by it, too */
	if (visit->signal == SIGPIPE && !output->error)
		output->error = EPIPE;
}

/*
 * Removes them in a child, where one can be had, so that somebody is there to
 * mend what it leaves half done if it is killed.
 */
static enum status remove_here(const struct errand *errand, bool dry_run)
{
	struct visit visit;

	if (dry_run || namespace_visit(errand, &visit) || visit.error) {
		/* a closed pipe is to end us when it is told, not before */
		signal(SIGPIPE, SIG_IGN);
		errand->work(errand->context);
	} else if (visit.signal && visit.signal != SIGPIPE) {
		/* that one is told where the output ends */
		return fail(STATUS_FAILED, "the work was ended by signal %d; nothing more was done",
			    visit.signal);
	}
	return STATUS_DONE;
}

/* Removes them where they are. */
static void remove_there(struct stretch *stretch)
{
	const struct removal *removal = stretch->removal;
	struct tally *tally = removal->tally;
	size_t before = tally->count;
	const struct errand errand = {
		.ns = stretch->selection->list.items[stretch->first].ns,
		.work = remove_stretch,
		.after = mend,
		.context = stretch,
	};

	entry_is_whole(tally);
	status_keep_first(&tally->status,
			  errand.ns ? all_namespaces_visit(&errand)
				    : remove_here(&errand, removal->options->dry_run));
	tally->namespaces += tally->count > before;
}

void remove_chosen(struct removal *removal, struct selection *selection)
{
	const struct source source = {
		.missing_is_no_error = removal->options->force,
		.memory = removal->options->json,
		.named_by_itself = true,
	};
	struct tally *tally = removal->tally;
	const struct listing *list = &selection->list;
	struct stretch stretch = { .removal = removal, .selection = selection };

	status_keep_first(&tally->status,
			  select_segments(selection, &removal->options->choice, &source));
	view_begin(&removal->view, &selection->judge);
	removal->view.words = !removal->options->json;
	for (; stretch.first < list->count && !removal->output->error;
	     stretch.first = stretch.end) {
		stretch.end = stretch.first + 1;
		while (stretch.end < list->count &&
		       list->items[stretch.end].ns == list->items[stretch.first].ns)
			stretch.end++;
		remove_there(&stretch);
	}
	status_keep_first(&tally->status, missing_before(selection, SIZE_MAX));
	status_keep_first(&tally->status, view_end(&removal->view));
	holders_free(&removal->holders);
}

enum status remove_all_as_ipcrm(struct removal *removal)
{
	const struct segment_refs *refs = &removal->options->as_ipcrm;
	enum status status = STATUS_DONE;
	struct judge judge;

	judge_begin(&judge, removal->options->choice.filter.grace, false);
	view_begin(&removal->view, &judge);
	removal->view.words = !removal->options->json;
	be_alone(removal);
	for (size_t i = 0; i < refs->count && !removal->output->error; i++)
		status_keep_first(&status, remove_as_ipcrm(removal, &refs->items[i]));
	interrupt_catch(SIG_DFL);
	status_keep_first(&status, view_end(&removal->view));
	judge_end(&judge);
	return status;
}
