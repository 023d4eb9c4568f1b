/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/rm_guard.h"

#include <errno.h>

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

/* A guard whose state may not be read counts as held. Held or not, --even-attached removes it. */
static bool is_held(const struct report *report, const struct guard *guard)
{
	bool in_use = false;
	int error = guard_in_use(guard->id, &in_use);

	return !report->options->choice.filter.even_attached &&
	       (in_use || (error && !segment_missing(error)));
}

enum status rm_guard_check(struct report *report, const struct segment *segment,
			   struct guard *guard)
{
	const char *obstacle;
	int error = guard_of_segment(segment, guard);

	if (error == ENOENT || segment_missing(error)) {
		guard->id = -1;
		return STATUS_DONE;
	}
	if (error)
		return refuse(report, segment, guard, status_of_segment(error),
			      reason_of_segment(error));
	obstacle = guard_obstacle(guard, segment);
	if (obstacle) {
		refuse(report, segment, guard, STATUS_BUSY, obstacle);
		hint("remove only the segment: shmtool rm%s %d", NAMESPACE_OPTION(segment->ns),
		     segment->id);
		return STATUS_BUSY;
	}
	if (guard_may_control(guard))
		return refuse(report, segment, guard, STATUS_DENIED, "permission denied");
	if (!is_held(report, guard))
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
	const bool even_held = report->options->choice.filter.even_attached;
	int error;
	int id;

	if (guard->id < 0 && report->options->force)
		return STATUS_DONE;
	if (guard->id < 0)
		return fail(STATUS_MISSING,
			    "%s %s removed, but has no guard (no semaphore set with its key)",
			    SEGMENT_LABEL(segment), dry_run ? "would be" : "was");
	if (dry_run)
		error = 0;
	else if (segment_by_key(guard->key, &id) != ENOENT)
		error = EEXIST;
	else
		error = is_held(report, guard) ? ETIMEDOUT : guard_remove(guard, even_held);
	if (error == ETIMEDOUT || error == EEXIST)
		return fail(STATUS_BUSY,
			    "%s was removed, but its guard (semaphore set %d) was not: %s",
			    SEGMENT_LABEL(segment), guard->id,
			    error == EEXIST ? "a new segment has its key"
					    : "a process has acquired it in the meantime");
	if (error && !segment_missing(error))
		return fail(status_of_segment(error),
			    "cannot remove the guard, semaphore set %d (key 0x%08x): %s", guard->id,
			    (unsigned int)guard->key, reason_of_segment(error));
	report_guard_removed(report, guard);
	return STATUS_DONE;
}
