/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/verdict.h"

#include <inttypes.h>
#include <string.h>

#include "text/state_names.h"

/* How a finding is printed: as a fact about the process, and as a reason for the state. */
static const struct words {
	const char *fact;  /* after "process 7803 (postgres)" */
	const char *after; /* after "its creator (process 7803)": why the segment is not orphaned */
	bool names_pid;
} words[] = {
	[EVIDENCE_GONE] = { ", exited", NULL, false },
	[EVIDENCE_RUNS] = { ", running", " is running", true },
	[EVIDENCE_NO_START] = { ", running, start not known: the pid may have been reused",
				" is running, unless its pid was reused", true },
	[EVIDENCE_OTHER_USER] = { ", of another user: the pid may have been reused",
				  " is running, unless its pid was reused", true },
	[EVIDENCE_STARTED_AFTER] = { ", started after the segment was created: the pid may have "
				     "been reused",
				     " is running, unless its pid was reused", true },
	[EVIDENCE_STARTED_LATER] = { ", started after the segment's last use: the pid may have "
				     "been reused",
				     " is running, unless its pid was reused", true },
	[EVIDENCE_REUSED] = { ", started long after the segment's last use: the pid was probably "
			      "reused",
			      " is running, but its pid was probably reused", true },
	[EVIDENCE_UNSEEN] = { NULL, " is in another PID namespace and may be running", false },
	[EVIDENCE_UNKNOWN] = { ", unknown whether it is running", " may be running", true },
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

void print_origin(struct output *output, const struct process *process, int indent)
{
	char unit[QUOTED_SIZE(UNIT_SIZE)];

	if (process->unit) {
		output_format(output, "%*sunit ", indent, "");
		output_escaped(output, command_text(unit, process->unit));
		output_char(output, '\n');
	}
	if (process->command_line) {
		/* any process can set it, also to what looks like the line above */
		const char *quote = strncmp(process->command_line, "unit ", 5) == 0 ? "\"" : "";

		output_format(output, "%*s%s", indent, "", quote);
		output_escaped(output, process->command_line);
		output_format(output, "%s\n", quote);
	}
}

static void print_process(struct output *output, struct view *view, const struct segment *segment,
			  enum role role, const struct finding *finding)
{
	const struct process *process = judge_named(view->judge, segment, role);
	char command[COMMAND_TEXT_SIZE];

	output_format(output, "process %d", segment_pid(segment, role));
	if (process && *process->command) {
		output_text(output, " (");
		output_escaped(output, command_text(command, process->command));
		output_char(output, ')');
	}
	if (finding->started >= 0)
		print_since(output, view, finding->started);
	if (finding->started < 0 || finding->evidence != EVIDENCE_RUNS)
		output_text(output, words[finding->evidence].fact);
}

void print_recorded(struct output *output, struct view *view, const struct segment *segment,
		    enum role role, int indent)
{
	const struct process *process = judge_named(view->judge, segment, role);
	struct finding finding = judge_process(view->judge, segment, role);

	if (finding.evidence == EVIDENCE_UNSEEN)
		output_text(output, "a process in another PID namespace");
	else
		print_process(output, view, segment, role, &finding);
	output_char(output, '\n');
	/* not again, if the creator has been printed with it */
	if (process && !(role == ROLE_LAST_USER && segment->lpid == segment->cpid &&
			 judge_named(view->judge, segment, ROLE_CREATOR)))
		print_origin(output, process_origin(&view->judge->processes, process->pid), indent);
}

/* Those of creator and last user that are a reason why the segment is not orphaned. */
struct suspects {
	size_t count;
	bool may_be_likely; /* the pids of all of them were probably reused */
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
	enum evidence creator = judge_process(judge, segment, ROLE_CREATOR).evidence;
	enum evidence user = judge_process(judge, segment, ROLE_LAST_USER).evidence;
	bool used = !segment_never_used(segment);

	*suspects = (struct suspects){ .may_be_likely = true };
	if (used && segment->cpid == segment->lpid && segment->cpid && creator == user) {
		add_suspect(suspects, "its creator and last user", segment->cpid, creator);
		return;
	}
	add_suspect(suspects, "its creator", segment->cpid, creator);
	if (used)
		add_suspect(suspects, "its last user", segment->lpid, user);
}

/* "its creator (process 12) is running, and its last user may be running" */
static void print_suspects(struct output *output, const struct suspects *suspects)
{
	for (size_t i = 0; i < suspects->count; i++) {
		const struct suspect *suspect = &suspects->items[i];
		const struct words *say = &words[suspect->evidence];

		output_format(output, "%s%s", i ? ", and " : "", suspect->name);
		if (say->names_pid)
			output_format(output, " (process %d)", suspect->pid);
		output_text(output, say->after);
	}
}

/* "idle for 2h (grace period 1m)" or, in the grace period, "idle for only 2s: orphaned after 1m" */
static void print_idle(struct output *output, const struct view *view,
		       const struct segment *segment)
{
	char idle[UNIT_TEXT_SIZE];
	char grace[UNIT_TEXT_SIZE];

	if (segment_is_ahead(view->judge, segment)) {
		output_text(output, "its latest time is in the future (was the clock set back?)");
		return;
	}
	duration_text(idle, segment_idle(view->judge, segment));
	duration_text(grace, view->judge->grace / 1000);
	output_format(output,
		      segment->state == STATE_ORPHANED
			      ? "idle for %s (grace period %s)"
			      : "idle for only %s: orphaned after %s (grace period, see --grace)",
		      idle, grace);
}

/* The text for a segment whose recorded processes have all exited. */
static const char *all_exited(const struct segment *segment)
{
	return segment_never_used(segment) ? "creator has exited, never attached"
					   : "creator and last user have exited";
}

static void print_attached(struct output *output, const struct suspects *suspects,
			   const struct segment *segment)
{
	output_format(output, "in use (%" PRIu64 " attachment%s)", segment->nattch,
		      segment->nattch == 1 ? "" : "s");
	if (!suspects->count)
		output_format(output, ", although %s", all_exited(segment));
}

static void print_kept(struct output *output, const struct view *view,
		       const struct suspects *suspects, const struct segment *segment)
{
	output_format(output, "not attached; its %s is in the keep list",
		      keep_names_key(view->judge->keep, segment) ? "key" : "creator");
	if (!suspects->count)
		output_format(output, "; %s", all_exited(segment));
}

static void print_detached(struct output *output, const struct view *view,
			   const struct suspects *suspects, const struct segment *segment)
{
	if (!suspects->count) {
		output_format(output, "%s; ", all_exited(segment));
		print_idle(output, view, segment);
		return;
	}
	output_text(output, "not attached, but ");
	print_suspects(output, suspects);
	if (suspects->may_be_likely)
		output_text(output, "; orphaned for --likely");
}

void print_verdict(struct output *output, struct view *view, const struct segment *segment)
{
	struct suspects suspects;

	find_suspects(&suspects, view->judge, segment);
	output_format(output, "%s: ", state_name(segment->state));
	switch (segment->state) {
	case STATE_DEST:
		output_format(output,
			      "marked for removal; destroyed at its last detach (%" PRIu64
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
		output_format(output, "%s; ", all_exited(segment));
		print_idle(output, view, segment);
		break;
	default:
		print_detached(output, view, &suspects, segment);
	}
	output_char(output, '\n');
}
