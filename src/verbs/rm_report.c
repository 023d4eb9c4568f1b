/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/rm_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shm/segment/control.h"
#include "shm/system/capability.h"
#include "text/format.h"
#include "text/holders_text.h"
#include "text/json.h"
#include "text/names.h"
#include "text/namespace_option.h"
#include "text/segment_json.h"
#include "text/units.h"
#include "verbs/common/lookup.h"
#include "verbs/common/namespaces.h"

/* How each result of reclaim() is printed in JSON. */
static const struct result_text {
	const char *result;
	const char *reason; /* NULL: the text of the errno value */
} results[RECLAIM_RESULTS] = {
	[RECLAIM_REMOVING] = { "failed",
			       "its removal has begun, but the worker process does not respond" },
	[RECLAIM_REMOVED] = { "removed", NULL },
	[RECLAIM_VANISHED] = { "vanished", "another process removed it" },
	[RECLAIM_CHANGED] = { "not-removed", "it changed after it was listed" },
	[RECLAIM_IN_USE] = { "not-removed", "it is attached" },
	[RECLAIM_MARKED] = { "marked",
			     "a process attached it at the last moment; it is now marked for removal "
			     "and will be destroyed at its last detach" },
	[RECLAIM_BLOCKED] = { "not-removed", "its mode is still 0000" },
	[RECLAIM_NO_HOLD] = { "failed", NULL },
	[RECLAIM_UNSETTLED] = { "not-removed",
				"it took too long to find out whether a process is attaching it; "
				"its idle time may begin anew" },
	[RECLAIM_UNREACHED] = { "failed", NULL },
	[RECLAIM_FAILED] = { "failed", NULL },
};

/* Whether removed segments have a line or an entry. */
static bool report_has_lines(const struct report *report)
{
	const struct rm_options *options = report->options;

	return options->json ||
	       (!options->quiet && (report->by_filter || options->dry_run || options->verbose));
}

void report_prepare(struct report *report, const struct segment *segment)
{
	if (!report_has_lines(report))
		return;
	user_of_segment(&report->view, segment, segment->uid);
	if (!report->options->json)
		return;
	group_of_segment(&report->view, segment, segment->gid);
	user_of_segment(&report->view, segment, segment->cuid);
	group_of_segment(&report->view, segment, segment->cgid);
}

void report_json(struct report *report, const struct segment *segment, const char *result,
		 const char *reason)
{
	struct output *output = &report->output;

	json_separate(output, report->entries++);
	output_format(output, "{\"result\":\"%s\",\"reason\":", result);
	if (reason)
		json_string(output, reason);
	else
		output_text(output, "null");
	output_char(output, ',');
	json_fields(output, &report->view, NULL, segment);
	output_char(output, '}');
}

/* The words for what was done, and with -n would be done, in a line and in JSON. */
static const struct action {
	const char *line[2];
	const char *result[2];
} actions[] = {
	{ { "removed ", "would remove " }, { "removed", "would-remove" } },
	/* attached segments are only marked for removal */
	{ { "marked ", "would mark " }, { "marked", "would-mark" } },
};

void report_flush(struct report *report)
{
	output_flush(&report->output);
	if (!report->output.error)
		report->output.error = output_lost(STDOUT_FILENO);
	if (!report->output.error && report_has_lines(report))
		report->written = report->done;
}

void report_without_lines(const struct report *report)
{
	/* a note of that many ids is shorter than PIPE_BUF, so it is written at once */
	enum { NOTE_IDS = 300, ID_SIZE = 12 };
	char text[NOTE_IDS * ID_SIZE];

	if (report->options->quiet || report->options->dry_run)
		return;
	for (size_t i = report->written; i < report->done;) {
		const struct namespace *ns = report->removed[i]->ns;
		size_t end = i + NOTE_IDS;
		size_t length = 0;

		for (; i < report->done && i < end && report->removed[i]->ns == ns; i++)
			length += (size_t)snprintf(text + length, ID_SIZE, " %d",
						   report->removed[i]->id);
		note("already removed (or marked for removal)%s%s:%s",
		     ns ? ", in IPC namespace " : "", ns ? NAMESPACE_LABEL(ns) : "", text);
	}
}

void report_removed(struct report *report, const struct segment *segment)
{
	const struct rm_options *options = report->options;
	const struct action *action = &actions[segment->nattch > 0];
#define LINE                                                           \
	"%{id} key=%{key} owner=%{owner} size=%{size} state=%{state} " \
	"idle=%{idle} created-by=%{cpid}"

	if (options->json) {
		report_json(report, segment, action->result[options->dry_run], NULL);
	} else if (report_has_lines(report)) {
		output_text(&report->output, action->line[options->dry_run]);
		print_format(&report->output,
			     segment->ns ? LINE " ns=%{ns} ns-name=%{ns-name} ns-of=%{ns-of}"
					 : LINE,
			     &report->view, segment);
	}
	report->removed[report->done++] = segment;
	if (segment->nattch > 0)
		return;
	report->count++;
	if (__builtin_add_overflow(report->bytes, segment->size, &report->bytes))
		report->bytes = UINT64_MAX; /* as in sums.h */
	report->namespaces += segment->ns != report->last_namespace;
	report->last_namespace = segment->ns;
}

/*
 * Hints that -m removes without the checks that failed. For root, the id could be another user's
 * segment by then, which the creator of this one cannot remove.
 */
static void hint_at_unchecked(struct report *report, const char *before,
			      const struct segment *segment)
{
	/* -m checks nothing: with -A, the number could be that of a newer namespace */
	const char *ns = segment->ns && *NAMESPACE_OPTION(segment->ns)
				 ? " -N NS"
				 : NAMESPACE_OPTION(segment->ns);

	/* that user may not enter another namespace */
	if (geteuid() != 0 || segment->cuid == 0 || *ns || user_is_unknown(segment->cuid))
		hint("%sremove it without these checks, as ipcrm does: shmtool rm%s -m %d", before,
		     ns, segment->id);
	else
		hint("%sremove it as its creator (user %s): shmtool rm%s -m %d", before,
		     name_of_user(&report->view.names, segment->cuid), ns, segment->id);
}

static enum status cannot_hold(struct report *report, const struct segment *segment, int error)
{
	bool too_large = sizeof(size_t) < sizeof(segment->size) && segment->size >> 32;

	if (error == EACCES)
		return segment_failed("remove", segment, error);
	fail(status_of_segment(error), "cannot remove %s: cannot attach it to check it: %s",
	     SEGMENT_LABEL(segment),
	     too_large ? "it is too large for a 32-bit program" : reason_of_segment(error));
	if (error == ENOMEM && !too_large)
		hint_at_unchecked(report,
				  "raise the limit of the address space (ulimit -v) or "
				  "vm.max_map_count, or ",
				  segment);
	else
		hint_at_unchecked(report, "", segment);
	return status_of_segment(error);
}

static enum status still_blocked(const struct segment *segment, int error)
{
	fail(STATUS_BUSY, "%s was not removed, and its mode is still 0000: cannot restore it: %s",
	     SEGMENT_LABEL(segment), reason_of_segment(error));
	hint("restore its mode, or no process can attach it: shmtool set%s %d -p 0%03o",
	     NAMESPACE_OPTION(segment->ns), segment->id, segment->mode);
	return STATUS_BUSY;
}

/* A filter may match thousands of segments of other users: report_denied() reports them at once. */
static enum status count_denied(struct report *report, const struct segment *segment, int error)
{
	if (!report->denied++) {
		report->first_denied = segment;
		report->first_error = error;
	}
	return STATUS_DENIED;
}

static enum status failed_to_remove(struct report *report, const struct segment *segment, int error)
{
	segment_failed("remove", segment, error);
	if (error == EXDEV)
		hint_at_unchecked(report, "", segment);
	return status_of_segment(error);
}

void report_denied(struct report *report)
{
	if (report->denied == 1)
		failed_to_remove(report, report->first_denied, report->first_error);
	if (report->denied <= 1)
		return;
	fail(STATUS_DENIED, "cannot remove %zu segments of other users: permission denied",
	     report->denied);
	if (report->first_error == EXDEV)
		hint("-v lists the segments, each with its reason");
	else if (geteuid() != 0)
		hint("run as root, or add --creator +%u to select only your own (-v lists the "
		     "others)",
		     geteuid());
	else
		hint("run with %s%s (-v lists the segments)",
		     may_control_all() ? "CAP_SETUID" : "CAP_SYS_ADMIN",
		     capabilities_count_here() ? "" : OF_OWNING_USER_NAMESPACE);
}

enum status report_not_removed(struct report *report, const struct segment *segment,
			       enum reclaim_result result, int error)
{
	const struct result_text *text = &results[result];
	const char *reason = text->reason ? text->reason : reason_of_segment(error);

	if (report->options->json)
		report_json(report, segment, text->result, reason);
	switch (result) {
	case RECLAIM_FAILED:
		if (report->by_filter && (error == EPERM || error == EXDEV) &&
		    !report->options->verbose)
			return count_denied(report, segment, error);
		return failed_to_remove(report, segment, error);
	case RECLAIM_NO_HOLD:
		return cannot_hold(report, segment, error);
	/* GCOVR_EXCL_START: rarely: it could be entered before */
	case RECLAIM_UNREACHED:
		return cannot_enter(segment->ns, error);
	/* GCOVR_EXCL_STOP */
	case RECLAIM_BLOCKED:
		return still_blocked(segment, error);
	case RECLAIM_REMOVING:
		return fail(STATUS_FAILED, "%s: %s", SEGMENT_LABEL(segment), reason);
	case RECLAIM_MARKED:
		return fail(STATUS_BUSY, "%s: %s", SEGMENT_LABEL(segment), reason);
	case RECLAIM_VANISHED:
		if (report->by_filter || report->options->force)
			return STATUS_DONE;
		return fail(STATUS_MISSING, "cannot remove %s: it no longer exists",
			    SEGMENT_LABEL(segment));
	default:
		return fail(STATUS_BUSY, "%s was not removed: %s", SEGMENT_LABEL(segment), reason);
	}
}

/* Scans the processes once, for all segments that are not removed. */
static struct holders *find_holders(struct report *report, const struct segment *segment,
				    int *error)
{
	struct listing refused = { .items = (struct segment *)segment, .count = 1 };

	*error = report->holders_read ? 0 : holders_read(&report->holders, &report->losses);
	report->holders_read = !*error;
	if (!*error)
		*error = holders_decide(&report->holders, &refused, NULL, &report->losses);
	return *error ? NULL : &report->holders;
}

enum status report_attached(struct report *report, const struct segment *segment)
{
	char before[SEGMENT_LABEL_SIZE + 64];
	int error;

	report->view.holders = find_holders(report, segment, &error);
	if (report->options->json)
		report_json(report, segment, results[RECLAIM_IN_USE].result,
			    results[RECLAIM_IN_USE].reason);
	snprintf(before, sizeof(before), "%s %s", SEGMENT_LABEL(segment),
		 segment->dest              ? "is already marked for removal, but still"
		 : report->options->dry_run ? "would not be removed: it is"
					    : "was not removed: it is");
	fail_attached(&report->view, segment, STATUS_BUSY, before);
	if (error)
		remark("cannot determine the attached processes: %s", reason_of_holders(error));
	if (segment->dest)
		hint("wait until these processes exit, or stop them: the segment is destroyed at its "
		     "last detach");
	else if (may_control(segment))
		hint("stop these processes first, or use --even-attached to mark the segment for "
		     "removal: it is then destroyed at its last detach (the key is freed at once)");
	report->view.holders = NULL; /* JSON shows them only if they were requested */
	return STATUS_BUSY;
}

void report_guard_removed(struct report *report, const struct guard *guard)
{
	const struct rm_options *options = report->options;

	if (!options->json && !options->quiet && (options->dry_run || options->verbose))
		output_format(&report->output, "%sguard %d key=0x%08x\n",
			      actions[0].line[options->dry_run], guard->id,
			      (unsigned int)guard->key);
}

void report_unseen(const struct report *report, size_t unseen)
{
	if (!unseen || report->options->quiet)
		return;
	note("%zu detached segment%s not judged: the process that created or last used %s "
	     "is in a PID namespace that is not visible here",
	     unseen, unseen == 1 ? " was" : "s were", unseen == 1 ? "it" : "each");
	hint("run rm --orphaned on the host, with -N PID or -A; or, if no other container uses "
	     "%s: shmtool rm%s --detached --idle 1h -n",
	     unseen == 1 ? "it" : "them",
	     report->options->choice.filter.all_namespaces ? " -A" : NAMESPACE_OPTION(NULL));
}

void report_nothing_removed(const struct report *report, const struct selection *selection,
			    bool none)
{
	const struct rm_options *options = report->options;

	if (!report->by_filter || report->status || options->quiet || options->json)
		return;
	if (none && (options->verbose || isatty(STDERR_FILENO)))
		note("no segment matches the filters; nothing was removed");
	else if (!report->done && report->skipped && isatty(STDERR_FILENO))
		note("nothing was removed: %zu matching segment%s attached or in the keep list",
		     report->skipped, report->skipped == 1 ? " is" : "s are");
	report_fresh(selection, &options->choice);
}

void report_total(struct report *report)
{
	struct output *output = &report->output;
	char size[UNIT_TEXT_SIZE];

	if (!report->by_filter || report->options->quiet || report->options->json || !report->count)
		return;
	size_text(size, report->bytes);
	output_format(output, "total %zu segment%s, %s (%s)", report->count,
		      report->count == 1 ? "" : "s", BYTES(report->bytes), size);
	if (report->options->choice.filter.all_namespaces)
		output_format(output, " in %zu IPC namespace%s", report->namespaces,
			      report->namespaces == 1 ? "" : "s");
	output_char(output, '\n');
}
