/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/rm_unchecked.h"

#include <errno.h>
#include <stdlib.h>

#include "shm/segment/control.h"
#include "shm/system/signals.h"
#include "verbs/common/lookup.h"

struct segment *find_unchecked(struct report *report)
{
	const struct segment_refs *refs = &report->options->as_ipcrm;
	struct segment *segments = calloc(refs->count + 1, sizeof(*segments));

	if (!segments)
		report->status = fail(STATUS_EXHAUSTED, "not enough memory; nothing was removed");
	for (size_t i = 0; segments && i < refs->count; i++) {
		int error = look_up_segment(&refs->items[i], &segments[i]);

		if (!error) {
			judge_segment(report->view.judge, &segments[i]);
			report_prepare(report, &segments[i]);
			continue;
		}
		segments[i].id = -1;
		if (!report->options->force || !segment_missing(error))
			status_keep_first(&report->status, lookup_failed(&refs->items[i], error));
	}
	return segments;
}

/* Removes a segment, and reports it at once. */
static enum status remove_one_unchecked(struct report *report, const struct segment *segment)
{
	int error = 0;

	if (!report->options->dry_run)
		error = segment_remove(segment->id);
	else if (!may_control(segment))
		error = EPERM;
	if (error)
		return report_not_removed(
			report, segment, segment_missing(error) ? RECLAIM_VANISHED : RECLAIM_FAILED,
			error);
	report_removed(report, segment);
	report_flush(report);
	return STATUS_DONE;
}

void remove_unchecked(struct report *report, const struct segment *segments)
{
	size_t count = segments ? report->options->as_ipcrm.count : 0;

	for (size_t i = 0; i < count && !report->output.error && !signals_came(); i++) {
		if (segments[i].id >= 0)
			status_keep_first(&report->status,
					  remove_one_unchecked(report, &segments[i]));
	}
}
