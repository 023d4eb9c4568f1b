/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/judge.h"

#include <time.h>

#include "shm/process/namespace.h"

/*
 * How many seconds after a segment's last event a process must have started for its pid
 * to count as reused, and how many seconds after boot the events must be. The margin is
 * large because segment times are whole seconds and clocks may be set: with a smaller
 * one, a creator that is still running could count as a new process.
 */
enum { LIKELY_MARGIN = 600 };

/*
 * By how many seconds a process may seem to have started after an event that it caused,
 * since all these times are truncated to whole seconds.
 */
enum { CLOCK_NOISE = 1 };

/* As CLOCK_NOISE, in milliseconds, for exact times: the kernel's clocks differ by a tick or two. */
enum { START_NOISE = 100 };

static int64_t milliseconds(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000 + time->tv_nsec / 1000000;
}

void judge_begin(struct judge *judge, int64_t grace, bool saved)
{
	struct timespec now = { 0 };
	struct timespec uptime = { 0 };

	/* these calls cannot fail: Linux has had both clocks since 2.6.39 */
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &uptime);
	*judge = (struct judge){
		.processes = { .blind = saved },
		.now = now.tv_sec,
		.uptime = uptime.tv_sec,
		.boot = milliseconds(&now) - milliseconds(&uptime),
		.grace = grace,
		.saved = saved,
	};
}

bool segment_never_used(const struct segment *segment)
{
	return segment->lpid == 0 && segment->atime == 0 && segment->dtime == 0;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t last_event(const struct segment *segment)
{
	return larger(segment->ctime, larger(segment->atime, segment->dtime));
}

bool segment_is_ahead(const struct judge *judge, const struct segment *segment)
{
	return last_event(segment) - TIME_AHEAD > judge->now;
}

int64_t segment_idle(const struct judge *judge, const struct segment *segment)
{
	int64_t idle = larger(0, judge->now - last_event(segment));

	return !judge->saved && idle > judge->uptime ? judge->uptime : idle;
}

/* When a process started, in milliseconds since 1970, by the current clock; -1: not known. */
static int64_t started_at_ms(struct judge *judge, pid_t pid)
{
	const struct process *process = process_start(&judge->processes, pid);

	if (process->liveness != LIVENESS_RUNNING || process->start < 0)
		return -1;
	return judge->boot + process->start;
}

/* As started_at_ms(), in seconds. */
static int64_t started_at(struct judge *judge, pid_t pid)
{
	int64_t started = started_at_ms(judge, pid);

	return started < 0 ? -1 : started / 1000;
}

pid_t segment_pid(const struct segment *segment, enum role role)
{
	return role == ROLE_CREATOR ? segment->cpid : segment->lpid;
}

/* The last second in which the segment can have been created or used. */
static int64_t latest_second(const struct segment *segment, enum role role)
{
	const int64_t times[] = { segment->ctime, segment->atime, segment->dtime };
	int64_t created = INT64_MAX;

	if (role == ROLE_LAST_USER)
		return larger(segment->atime, segment->dtime);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (times[i] && times[i] < created)
			created = times[i];
	}
	return created;
}

/*
 * Whether a process may not be the one that created the segment: a change of the segment makes
 * ctime later, so that its start proves nothing. It may be one that has changed its user since.
 */
static bool is_of_other_user(const struct process *process, const struct segment *segment)
{
	/* the numbers of users in another user namespace cannot be compared */
	const bool comparable = !segment->ns || !segment->ns->foreign;

	return comparable && process->user != segment->cuid;
}

const struct process *judge_named(struct judge *judge, const struct segment *segment,
				  enum role role)
{
	const pid_t pid = segment_pid(segment, role);
	int64_t started = started_at_ms(judge, pid);
	const struct process *process = process_find(&judge->processes, pid);

	if (started < 0 || (started - START_NOISE) / 1000 > latest_second(segment, role) ||
	    (role == ROLE_CREATOR && is_of_other_user(process, segment)))
		return NULL;
	return process;
}

/* Whether a running process that started then is a new one with a reused pid. */
static bool pid_was_reused(const struct judge *judge, const struct segment *segment,
			   int64_t started)
{
	const int64_t times[] = { segment->atime, segment->dtime, segment->ctime };
	int64_t boot = judge->boot / 1000;

	if (started < 0)
		return false;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (times[i] && times[i] <= boot + LIKELY_MARGIN)
			return false;
	}
	return started > last_event(segment) + LIKELY_MARGIN;
}

/* Whether this process has exited; with likely, also if its pid was reused. */
static bool is_gone(struct judge *judge, const struct segment *segment, pid_t pid, bool likely)
{
	switch (process_find(&judge->processes, pid)->liveness) {
	case LIVENESS_GONE:
		return true;
	case LIVENESS_RUNNING:
		return likely && pid_was_reused(judge, segment, started_at(judge, pid));
	default:
		return false;
	}
}

struct finding judge_process(struct judge *judge, const struct segment *segment, enum role role)
{
	const pid_t pid = segment_pid(segment, role);
	struct finding finding = { .evidence = EVIDENCE_UNKNOWN, .started = -1 };

	if (pid == 0)
		finding.evidence = EVIDENCE_UNSEEN;
	switch (process_find(&judge->processes, pid)->liveness) {
	case LIVENESS_GONE:
		finding.evidence = EVIDENCE_GONE;
		break;
	case LIVENESS_RUNNING:
		finding.started = started_at(judge, pid);
		finding.evidence = finding.started < 0 ? EVIDENCE_NO_START : EVIDENCE_RUNS;
		if (finding.started >= 0 && !judge_named(judge, segment, role))
			finding.evidence = role == ROLE_CREATOR ? EVIDENCE_STARTED_AFTER
								: EVIDENCE_STARTED_LATER;
		if (role == ROLE_CREATOR && finding.started >= 0 &&
		    is_of_other_user(process_find(&judge->processes, pid), segment))
			finding.evidence = EVIDENCE_OTHER_USER;
		if (finding.started > last_event(segment) + CLOCK_NOISE)
			finding.evidence = EVIDENCE_STARTED_LATER;
		if (pid_was_reused(judge, segment, finding.started))
			finding.evidence = EVIDENCE_REUSED;
		break;
	default:
		break;
	}
	return finding;
}

static bool is_orphaned(struct judge *judge, const struct segment *segment, bool likely)
{
	return segment_idle(judge, segment) * 1000 >= judge->grace &&
	       is_gone(judge, segment, segment->cpid, likely) &&
	       (segment_never_used(segment) || is_gone(judge, segment, segment->lpid, likely));
}

void judge_segment(struct judge *judge, struct segment *segment)
{
	segment->likely = false;
	if (segment->dest) {
		segment->state = STATE_DEST;
	} else if (segment->nattch > 0) {
		segment->state = STATE_ATTACHED;
	} else if (judge->keep && keep_names(judge->keep, segment)) {
		segment->state = STATE_KEPT;
	} else if (is_orphaned(judge, segment, false)) {
		segment->state = STATE_ORPHANED;
	} else {
		segment->state = STATE_DETACHED;
		segment->likely = judge->likely && is_orphaned(judge, segment, true);
	}
}

void judge_end(struct judge *judge)
{
	processes_free(&judge->processes);
}
