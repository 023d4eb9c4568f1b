/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge: determines the state of a segment, which is the first of these that applies:
 *
 *   dest      marked for removal: it is destroyed at its last detach
 *   attached  attached by a process (nattch > 0)
 *   kept      named by the keep list
 *   orphaned  its creator has exited, its last user has exited or it was never used,
 *             and it has been idle for at least the grace period
 *   detached  everything else, including every segment in doubt
 */
#ifndef SHM_SEGMENT_JUDGE_H
#define SHM_SEGMENT_JUDGE_H

#include "shm/process/process.h"
#include "shm/segment/keep.h"
#include "shm/segment/segment.h"

/* The default grace period, in milliseconds. */
#define GRACE_DEFAULT INT64_C(60000)

/* The facts needed to judge the segments of one list. */
struct judge {
	struct processes processes;
	const struct keep *keep; /* NULL: no keep list */
	int64_t now;             /* seconds since 1970 */
	int64_t uptime;          /* seconds since boot */
	int64_t boot;            /* time of boot in milliseconds since 1970, by the current clock */
	int64_t grace;           /* grace period in milliseconds */
	bool likely;             /* set segment->likely, too, which reads /proc/PID/stat */
	bool saved;              /* the list is saved: processes and time of boot are not known */
};

/* Reads the clocks. saved: the list is from another machine or an earlier time. */
void judge_begin(struct judge *judge, int64_t grace, bool saved);

/*
 * Sets segment->state. If judge->likely, also sets segment->likely: the segment is not
 * orphaned, but would be if a process with a reused pid counted as exited. A pid counts
 * as reused if its process started more than ten minutes after the segment's last event,
 * and each time of the segment that is not 0 is more than ten minutes after boot. If the
 * clock is set forward by more than that, the result can be wrong.
 */
void judge_segment(struct judge *judge, struct segment *segment);

/* The processes that the kernel records for a segment. */
enum role {
	ROLE_CREATOR,
	ROLE_LAST_USER,
};

pid_t segment_pid(const struct segment *segment, enum role role);

/*
 * The creator or the last user, if it is running and its name may be shown. NULL if the process
 * with this pid started too late to have created, or last used, the segment, if its start is not
 * known, or if it is one of another user than the creator: it may be another process.
 */
const struct process *judge_named(struct judge *judge, const struct segment *segment,
				  enum role role);

/* What is known of the creator or last user of a segment. */
enum evidence {
	EVIDENCE_GONE,          /* it has exited */
	EVIDENCE_RUNS,          /* it is running */
	EVIDENCE_NO_START,      /* it is running, but its start is not known */
	EVIDENCE_OTHER_USER,    /* it is running, but is one of another user than the creator */
	EVIDENCE_STARTED_AFTER, /* it is running, but started after the segment was created */
	EVIDENCE_STARTED_LATER, /* it is running, but started after the segment's last event */
	EVIDENCE_REUSED,        /* it started so much later that its pid counts as reused */
	EVIDENCE_UNSEEN,        /* pid 0: a process of a PID namespace that cannot be seen */
	EVIDENCE_UNKNOWN,       /* not permitted to ask */
};

struct finding {
	enum evidence evidence;
	int64_t started; /* seconds since 1970, by the current clock; -1: not known */
};

/* Finds out what is known of the segment's creator or last user. Reads /proc/PID/stat. */
struct finding judge_process(struct judge *judge, const struct segment *segment, enum role role);

/* Whether no process ever attached it: last user, atime and dtime are all 0. */
bool segment_never_used(const struct segment *segment);

/*
 * A time of a segment counts as in the future only if it is more than this many seconds
 * later than now, since the list is read after the clock.
 */
enum { TIME_AHEAD = 60 };

/* Whether the segment's latest time is in the future, since the clock has been set back. */
bool segment_is_ahead(const struct judge *judge, const struct segment *segment);

/*
 * Seconds since the latest of atime, dtime and ctime; at least 0, and at most the time
 * since boot.
 */
int64_t segment_idle(const struct judge *judge, const struct segment *segment);

void judge_end(struct judge *judge);

#endif
