/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/rm_guard.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shm/process/child.h"
#include "text/namespace_option.h"

static enum status refuse(struct report *report, const struct segment *segment,
			  const struct guard *guard, enum status status, const char *reason)
{
	if (report->options->json)
		report_json(report, segment, "not-removed", "its guard cannot be removed");
	return fail(status, "%s and its guard (semaphore set %d) %s removed: %s",
		    SEGMENT_LABEL(segment), guard->id,
		    report->options->dry_run ? "would not be" : "were not", reason);
}

/*
 * What a child found out about a guard, or did with it: the user that it acts as, or who has many
 * operations waiting for the guard, can delay it for as long as they like.
 */
struct guard_work {
	const struct segment *segment;
	bool even_held;
	bool remove; /* not only examine */
	pid_t parent;
	atomic_bool given_up; /* the parent no longer waits */
	struct guard guard;
	int error;
	int denied; /* why this process may not remove it, an errno value, or 0 */
	bool held;
};

/* A guard whose state may not be read counts as held. Held or not, --even-attached removes it. */
static bool is_held(const struct guard_work *work)
{
	bool in_use = false;
	int error = guard_in_use(work->guard.id, &in_use);

	return !work->even_held && (in_use || (error && !segment_missing(error)));
}

static int examine(struct guard_work *work)
{
	int error = guard_of_segment(work->segment, &work->guard);

	if (error || guard_obstacle(&work->guard, work->segment))
		return error;
	work->denied = guard_may_control(&work->guard);
	work->held = !work->denied && is_held(work);
	return 0;
}

static int remove_it(struct guard_work *work)
{
	int id;
	int error;

	if (segment_by_key(work->guard.key, &id) != ENOENT)
		return EEXIST;
	error = is_held(work) ? EBUSY
			      : guard_remove(&work->guard, work->even_held, &work->given_up);
	return error == ETIMEDOUT ? EBUSY : error;
}

static int work_on_guard(void *context)
{
	struct guard_work *work = context;
	int none = -1;

	/* who reads what rm prints must not wait for this child */
	if (getpid() != work->parent)
		child_keep_files(&none, 1);
	work->error = work->remove ? remove_it(work) : examine(work);
	return 0;
}

/* Has the work done by a child. EINPROGRESS: it does not respond; EINTR: it was killed. */
static struct guard_work in_child(const struct guard_work *wanted)
{
	struct guard_work *shared = shared_memory(sizeof(*shared));
	struct guard_work done = *wanted;
	int status = 0;
	int error;

	if (!shared) {
		done.error = ENOMEM;
		return done;
	}
	*shared = *wanted;
	shared->parent = getpid();
	error = child_run(work_on_guard, shared, CHILD_IS_QUICK, &status);
	shared->given_up = error == ETIMEDOUT;
	done = *shared;
	if (error || status)
		done.error = error == ETIMEDOUT ? EINPROGRESS : EINTR;
	munmap(shared, sizeof(*shared));
	return done;
}

/* After a child that does not respond, nothing more is removed: the next one may not, either. */
static void end_after(struct report *report, int error)
{
	if (error != EINPROGRESS)
		return;
	report->worker_lost = true;
	fail(STATUS_FAILED, "the worker process does not respond; nothing more was removed");
}

enum status rm_guard_check(struct report *report, const struct segment *segment,
			   struct guard *guard)
{
	const struct guard_work examined = in_child(&(struct guard_work){
		.segment = segment,
		.even_held = report->options->choice.filter.even_attached,
		.guard = *guard,
	});
	const char *obstacle;
	int error = examined.error;

	*guard = examined.guard;
	if (error == ENOENT || segment_missing(error)) {
		guard->id = -1;
		return STATUS_DONE;
	}
	if (error) {
		refuse(report, segment, guard, status_of_segment(error), reason_of_segment(error));
		end_after(report, error);
		return status_of_segment(error);
	}
	obstacle = guard_obstacle(guard, segment);
	if (obstacle) {
		refuse(report, segment, guard, STATUS_BUSY, obstacle);
		hint("remove only the segment: shmtool rm%s %d", NAMESPACE_OPTION(segment->ns),
		     segment->id);
		return STATUS_BUSY;
	}
	if (examined.denied)
		return refuse(report, segment, guard, STATUS_DENIED,
			      reason_of_segment(examined.denied));
	if (!examined.held)
		return STATUS_DONE;
	refuse(report, segment, guard, STATUS_BUSY, "the guard is held by a process");
	hint("wait until the guard is free, or use --even-attached to remove both anyway: "
	     "processes that wait for the guard then fail with EIDRM");
	return STATUS_BUSY;
}

enum status rm_guard_remove(struct report *report, const struct segment *segment,
			    const struct guard *guard)
{
	const bool dry_run = report->options->dry_run;
	int error = 0;

	if (guard->id < 0 && report->options->force)
		return STATUS_DONE;
	if (guard->id < 0)
		return fail(STATUS_MISSING,
			    "%s %s removed, but has no guard (no semaphore set with its key)",
			    SEGMENT_LABEL(segment), dry_run ? "would be" : "was");
	if (!dry_run)
		error = in_child(&(struct guard_work){
					 .segment = segment,
					 .even_held = report->options->choice.filter.even_attached,
					 .remove = true,
					 .guard = *guard,
				 })
				.error;
	if (error == EBUSY || error == EEXIST)
		return fail(STATUS_BUSY,
			    "%s was removed, but its guard (semaphore set %d) was not: %s",
			    SEGMENT_LABEL(segment), guard->id,
			    error == EEXIST ? "a new segment has its key"
					    : "a process has acquired it in the meantime");
	if (error && !segment_missing(error)) {
		fail(status_of_segment(error),
		     "cannot remove the guard, semaphore set %d (key 0x%08x): %s", guard->id,
		     (unsigned int)guard->key, reason_of_segment(error));
		end_after(report, error);
		return status_of_segment(error);
	}
	report_guard_removed(report, guard);
	return STATUS_DONE;
}
