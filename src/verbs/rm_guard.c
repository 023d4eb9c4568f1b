/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/rm_guard.h"

#include "shm/segment/control.h"

/* Why a segment and its guard are not removed. */
enum { REFUSED_SEVERAL, REFUSED_OTHER_USER, REFUSED_DENIED, REFUSED_HELD };

static const struct refusal refusals[] = {
	[REFUSED_SEVERAL] = { STATUS_BUSY,
			      "the semaphore set has several semaphores, so it is not a guard",
			      NULL },
	[REFUSED_OTHER_USER] = { STATUS_BUSY, "the semaphore set was created by a different user",
				 NULL },
	[REFUSED_DENIED] = { STATUS_DENIED, "permission denied", NULL },
	[REFUSED_HELD] = { STATUS_BUSY, "the guard is held by a process",
			   "use --even-attached to remove both anyway: processes that wait for the "
			   "guard then fail with EIDRM" },
};

const struct refusal *rm_guard_obstacle(const struct report *report, const struct segment *segment,
					const struct guard *guard)
{
	bool even_in_use = report->options->choice.filter.even_attached;
	bool in_use = false;

	if (guard->count != 1)
		return &refusals[REFUSED_SEVERAL];
	if (guard->cuid != segment->cuid)
		return &refusals[REFUSED_OTHER_USER];
	if (!may_control_of(guard->uid, guard->cuid))
		return &refusals[REFUSED_DENIED];
	/* what may not be looked at counts as held */
	if (!even_in_use && (guard_in_use(guard->id, &in_use) || in_use))
		return &refusals[REFUSED_HELD];
	return NULL;
}

enum status rm_guard_refuse(struct report *report, const struct segment *segment,
			    const struct guard *guard, const struct refusal *refusal)
{
	if (report->options->json)
		report_json(report, segment, "not-removed", "its guard cannot be removed");
	fail(refusal->status, "%s and its guard (semaphore set %d) were not removed: %s",
	     SEGMENT_LABEL(segment), guard->id, refusal->reason);
	if (refusal->hint)
		hint("%s", refusal->hint);
	return refusal->status;
}

enum status rm_guard_remove(struct report *report, const struct guard *guard)
{
	int error = report->options->dry_run ? 0 : guard_remove(guard);

	if (error && !segment_missing(error))
		return fail(status_of_segment(error),
			    "cannot remove the guard, semaphore set %d (key 0x%08x): %s", guard->id,
			    (unsigned int)guard->key, reason_of_segment(error));
	report_guard_removed(report, guard);
	return STATUS_DONE;
}
