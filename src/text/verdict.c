/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/verdict.h"

#include <inttypes.h>

#include "text/state_names.h"

/* How a finding is told of the process itself, and what it means to the segment. */
static const struct words {
	const char *fact;   /* behind "process 7803 (postgres)" */
	const char *before; /* of "its creator, process 7803", where that keeps it from being */
	const char *behind; /* orphaned */
	bool names_pid;
} words[] = {
	[EVIDENCE_GONE] = { ", gone", NULL, NULL, false },
	[EVIDENCE_RUNS] = { ", running", "", " runs", true },
	[EVIDENCE_STARTED_LATER] = { ", after the segment's last event: perhaps another process "
				     "that got its pid",
				     "", " runs, or another that got its pid", true },
	[EVIDENCE_REUSED] = { ", long after the segment's last event: likely another process "
			      "that got its pid",
			      "", " runs, or rather another that got its pid", true },
	[EVIDENCE_UNSEEN] = { NULL, "", " cannot be seen from here, and may live", false },
	[EVIDENCE_UNKNOWN] = { ", not known whether it runs", "it is not known whether ", " runs",
			       true },
};

/* ", running since 2026-11-23 09:30:00 (3 hours ago)" */
static void print_since(struct output *output, const struct view *view, int64_t started)
{
	char absolute[UNIT_TEXT_SIZE];
	char ago[UNIT_TEXT_SIZE];

	time_text(absolute, started, TIME_LOCAL, view->judge->now);
	ago_text(ago, view->judge->now - started);
	output_format(output, ", running since %s (%s)", absolute, ago);
}

void print_recorded(struct output *output, struct view *view, const struct segment *segment,
		    pid_t pid)
{
	const struct process *process = process_find(&view->judge->processes, pid);
	struct finding finding = judge_process(view->judge, segment, pid);
	char command[COMMAND_TEXT_SIZE];

	if (finding.evidence == EVIDENCE_UNSEEN) {
		output_text(output,
			    "a process that cannot be seen from here (of another pid namespace)");
		return;
	}
	output_format(output, "process %d", pid);
	if (*process->command) {
		output_text(output, " (");
		output_escaped(output, command_text(command, process->command));
		output_char(output, ')');
	}
	if (finding.started >= 0)
		print_since(output, view, finding.started);
	if (finding.started < 0 || finding.evidence != EVIDENCE_RUNS)
		output_text(output, words[finding.evidence].fact);
}

/* The creator and the last user, as far as they may keep a segment from being orphaned. */
struct suspects {
	size_t count;
	bool may_be_likely; /* all of them only have a pid that was likely used again */
	struct suspect {
		const char *name;
		pid_t pid;
		enum evidence evidence;
	} items[2];
};

static void add_suspect(struct suspects *suspects, const char *name, pid_t pid,
			enum evidence evidence)
{
	if (evidence == EVIDENCE_GONE)
		return;
	suspects->items[suspects->count++] = (struct suspect){ name, pid, evidence };
	suspects->may_be_likely &= evidence == EVIDENCE_REUSED;
}

static void find_suspects(struct suspects *suspects, struct judge *judge,
			  const struct segment *segment)
{
	enum evidence creator = judge_process(judge, segment, segment->cpid).evidence;
	enum evidence user = judge_process(judge, segment, segment->lpid).evidence;
	bool used = !segment_never_used(segment);

	*suspects = (struct suspects){ .may_be_likely = true };
	if (used && segment->cpid == segment->lpid && segment->cpid) {
		add_suspect(suspects, "its creator and last user", segment->cpid, creator);
		return;
	}
	add_suspect(suspects, "its creator", segment->cpid, creator);
	if (used)
		add_suspect(suspects, "its last user", segment->lpid, user);
}

/* "its creator, process 12, runs, and its last user cannot be seen from here" */
static void print_suspects(struct output *output, const struct suspects *suspects)
{
	for (size_t i = 0; i < suspects->count; i++) {
		const struct suspect *suspect = &suspects->items[i];
		const struct words *say = &words[suspect->evidence];

		output_format(output, "%s%s%s", i ? ", and " : "", say->before, suspect->name);
		if (say->names_pid)
			output_format(output, ", process %d,", suspect->pid);
		output_text(output, say->behind);
	}
}

/* "idle for 2h (grace 1m)" */
static void print_idle(struct output *output, const struct view *view,
		       const struct segment *segment, const char *only)
{
	char idle[UNIT_TEXT_SIZE];
	char grace[UNIT_TEXT_SIZE];

	if (segment_is_ahead(view->judge, segment)) {
		output_text(output, "its latest time is in the future: was the clock set back?");
		return;
	}
	duration_text(idle, segment_idle(view->judge, segment));
	duration_text(grace, view->judge->grace / 1000);
	output_format(output, "idle for %s%s (grace %s)", idle, only, grace);
}

/* That nobody recorded lives, as it is told in several places. */
static const char *all_gone(const struct segment *segment)
{
	return segment_never_used(segment) ? "its creator is gone, and nobody ever used it"
					   : "its creator and its last user are gone";
}

static void print_attached(struct output *output, const struct suspects *suspects,
			   const struct segment *segment)
{
	output_format(output, "%" PRIu64 " attachment%s", segment->nattch,
		      segment->nattch == 1 ? "" : "s");
	if (!suspects->count)
		output_format(output, ": in use, though %s", all_gone(segment));
}

static void print_kept(struct output *output, const struct view *view,
		       const struct suspects *suspects, const struct segment *segment)
{
	output_format(output, "nobody has it attached, and the keep list names its %s",
		      keep_names_key(view->judge->keep, segment) ? "key" : "creator");
	if (!suspects->count)
		output_format(output, "; %s", all_gone(segment));
}

static void print_detached(struct output *output, const struct view *view,
			   const struct suspects *suspects, const struct segment *segment)
{
	if (!suspects->count) {
		output_format(output, "%s, but ", all_gone(segment));
		print_idle(output, view, segment, " only");
		return;
	}
	output_text(output, "nobody has it attached, but ");
	print_suspects(output, suspects);
	if (suspects->may_be_likely)
		output_text(output, "; --likely takes it for orphaned");
}

void print_verdict(struct output *output, struct view *view, const struct segment *segment)
{
	struct suspects suspects;

	find_suspects(&suspects, view->judge, segment);
	output_format(output, "%s: ", state_name(segment->state));
	switch (segment->state) {
	case STATE_DEST:
		output_format(output,
			      "marked for removal, it goes with its last detach (%" PRIu64
			      " attached)",
			      segment->nattch);
		break;
	case STATE_ATTACHED:
		print_attached(output, &suspects, segment);
		break;
	case STATE_KEPT:
		print_kept(output, view, &suspects, segment);
		break;
	case STATE_ORPHANED:
		output_format(output, "%s, ", all_gone(segment));
		print_idle(output, view, segment, "");
		break;
	default:
		print_detached(output, view, &suspects, segment);
	}
	output_char(output, '\n');
}
