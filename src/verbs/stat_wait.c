/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/stat_wait.h"

#include <poll.h>
#include <stdio.h>

#include "shm/segment/control.h"
#include "shm/system/clock.h"
#include "text/holders_text.h"
#include "text/units.h"
#include "verbs/common/lookup.h"
#include "verbs/verb.h"

const char *const stat_conditions[] = {
	/* WAIT_NOT is not a condition, so it has no name */
	[WAIT_EXISTS - 1] = "exists",
	[WAIT_GONE - 1] = "gone",
	[WAIT_ATTACHED - 1] = "attached",
	[WAIT_DETACHED - 1] = "detached",
	NULL,
};

/* The time between two checks, in milliseconds, so that a change is noticed within 50. */
enum { WAIT_INTERVAL = 25 };

/* A wait, and the segment that it is waiting for. */
struct wait {
	enum wait_condition condition;
	const struct segment_ref *ref; /* the first for which the condition does not hold */
	struct segment segment;        /* its data, if it exists */
	bool exists;
};

/*
 * Checks one segment. A segment with a new key may still be created; an id that does not
 * exist never will.
 */
static enum status check_one(struct wait *wait, const struct segment_ref *ref)
{
	const enum wait_condition condition = wait->condition;
	struct segment segment;
	int error = ref->path_error ? 0 : look_up_segment(ref, &segment);
	bool may_come = ref->kind == REF_KEY && condition != WAIT_DETACHED;
	bool holds = false;

	if (ref->path_error)
		return key_path_failed(ref->word, ref->path_error, NULL);
	if (error && !segment_missing(error))
		return lookup_failed(ref, error);
	if (condition == WAIT_GONE)
		holds = error != 0;
	else if (error && !may_come)
		return lookup_failed(ref, error);
	else if (!error)
		holds = condition == WAIT_EXISTS ||
			(segment.nattch > 0) == (condition == WAIT_ATTACHED);
	if (holds || wait->ref)
		return STATUS_DONE;
	wait->ref = ref;
	wait->exists = !error;
	if (!error)
		wait->segment = segment;
	return STATUS_DONE;
}

/* Checks all segments. One for which the condition can never hold ends the wait. */
static enum status check_all(struct wait *wait, const struct segment_refs *named)
{
	enum status status = STATUS_DONE;

	wait->ref = NULL;
	for (size_t i = 0; i < named->count && !status; i++)
		status = check_one(wait, &named->items[i]);
	return status;
}

/* If a segment does not exist, its id may have been meant as a key. */
static void hint_at_keys(const struct segment_refs *named)
{
	for (size_t i = 0; i < named->count; i++)
		hint_at_key(&named->items[i]);
}

/* Reports the attached processes, for which --wait=gone and --wait=detached wait. */
static void report_attached(const struct wait *wait, const char *after)
{
	struct listing list = { .items = (struct segment *)&wait->segment, .count = 1 };
	struct scan_losses losses = { 0 };
	struct holders holders = { 0 };
	char before[SEGMENT_LABEL_SIZE + UNIT_TEXT_SIZE + 64];
	struct judge judge;
	struct view view;
	int error = holders_read(&holders, &losses);

	if (!error)
		error = holders_decide(&holders, &list, NULL, &losses);
	scan_losses_free(&losses);
	judge_begin(&judge, GRACE_DEFAULT, false);
	view_begin(&view, &judge);
	view.holders = error ? NULL : &holders;
	snprintf(before, sizeof(before), "timed out after %s: %s %s", after,
		 SEGMENT_LABEL(&wait->segment),
		 wait->condition == WAIT_GONE ? "still exists:" : "is still");
	fail_attached(&view, &wait->segment, STATUS_TIMEOUT, before);
	view_end(&view);
	judge_end(&judge);
	holders_free(&holders);
}

static enum status timed_out(const struct wait *wait, int64_t timeout)
{
	char after[UNIT_TEXT_SIZE];
	const char *what = SEGMENT_LABEL(&wait->segment);

	timeout_text(after, timeout);
	if (!wait->exists)
		return fail(STATUS_TIMEOUT, "timed out after %s: no segment has the key %s", after,
			    KEY_LABEL(wait->ref->key, wait->ref->word));
	if (wait->condition == WAIT_ATTACHED)
		return fail(STATUS_TIMEOUT, "timed out after %s: %s is not attached by any process",
			    after, what);
	if (wait->segment.nattch == 0)
		return fail(STATUS_TIMEOUT,
			    "timed out after %s: %s still exists (no process has it attached)",
			    after, what);
	report_attached(wait, after);
	return STATUS_TIMEOUT;
}

enum status wait_for(enum wait_condition condition, const struct segment_refs *named,
		     int64_t timeout, bool quiet)
{
	struct wait wait = { .condition = condition };
	int64_t deadline = deadline_after(timeout);

	for (;;) {
		enum status status = check_all(&wait, named);
		int64_t left = deadline < 0 ? WAIT_INTERVAL : deadline - monotonic_ms();

		if (!status && !wait.ref && condition == WAIT_GONE && !quiet)
			hint_at_keys(named);
		if (status || !wait.ref)
			return status;
		if (left <= 0)
			return quiet ? STATUS_TIMEOUT : timed_out(&wait, timeout);
		poll(NULL, 0, left < WAIT_INTERVAL ? (int)left : WAIT_INTERVAL);
	}
}
