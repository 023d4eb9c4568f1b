/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge: the state of a segment.
 *
 *   dest      marked for removal, waits for its last detach
 *   attached  nattch > 0
 *   kept      nattch = 0 and the keep list names it
 *   orphaned  nattch = 0, the creator is gone, the last user is gone or the
 *             segment was never used, and it has been idle for the grace
 *             period at least
 *   detached  nattch = 0 and anything else; any doubt lands here
 */
#ifndef SHM_SEGMENT_JUDGE_H
#define SHM_SEGMENT_JUDGE_H

#include "shm/process/process.h"
#include "shm/segment/keep.h"
#include "shm/segment/segment.h"

/* The grace period where nobody says otherwise, in milliseconds. */
#define GRACE_DEFAULT INT64_C(60000)

/* What one look at the machine needs to judge the segments that it saw. */
struct judge {
	struct processes processes;
	const struct keep *keep; /* NULL: nothing is kept */
	int64_t now;             /* seconds since 1970 */
	int64_t uptime;          /* seconds since boot */
	int64_t boot;            /* milliseconds since 1970, by the clock as it stands */
	int64_t grace;           /* milliseconds */
	bool likely;             /* also find out what is likely orphaned: reads /proc/PID/stat */
	bool saved;              /* a saved list: nothing is known of processes, nor of the boot */
};

/* Takes the time; saved says that the list is not of this machine, now. */
void judge_begin(struct judge *judge, int64_t grace, bool saved);

/*
 * Sets segment->state. With judge->likely also segment->likely: it is not
 * orphaned, but would be if pids that were used again counted as gone. A pid
 * was used again when its process started more than ten minutes after the
 * segment's last event, and every time of the segment that is not zero is
 * later than boot plus ten minutes. A larger forward step of the clock
 * defeats this.
 */
void judge_segment(struct judge *judge, struct segment *segment);

/* What is found out of a process that a segment records. */
enum evidence {
	EVIDENCE_GONE,
	EVIDENCE_RUNS,
	EVIDENCE_STARTED_LATER, /* it runs, but only since after the segment's last event */
	EVIDENCE_REUSED,        /* so much later that --likely takes its pid for one used again */
	EVIDENCE_UNSEEN,        /* pid 0: it is of a pid namespace that we cannot see */
	EVIDENCE_UNKNOWN,       /* no right to ask */
};

struct finding {
	enum evidence evidence;
	int64_t started; /* seconds since 1970, by the clock as it stands; -1: not known */
};

/* Finds out about the creator or the last user of the segment: reads /proc/PID/stat. */
struct finding judge_process(struct judge *judge, const struct segment *segment, pid_t pid);

/* Whether nobody ever attached it: last user, atime and dtime are all 0. */
bool segment_never_used(const struct segment *segment);

/*
 * A time that is so many seconds later than now, or less, is no time in the
 * future: now was read before the list was.
 */
enum { TIME_AHEAD = 60 };

/* Whether its latest time lies in the future: the clock has been set back. */
bool segment_is_ahead(const struct judge *judge, const struct segment *segment);

/*
 * Seconds since the latest of atime, dtime and ctime; never less than 0, and
 * never more than the time since boot.
 */
int64_t segment_idle(const struct judge *judge, const struct segment *segment);

void judge_end(struct judge *judge);

#endif
