/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress: one line on stderr that tells how far a long copy is. On a terminal
 * it comes by itself after a second, is written over in place, and goes at the
 * end. Where it is asked for it comes in any case: elsewhere than on a terminal
 * as a line each second and one at the end.
 */
#ifndef TEXT_PROGRESS_H
#define TEXT_PROGRESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum progress_wish {
	PROGRESS_AUTO,   /* on a terminal, when it takes long */
	PROGRESS_ALWAYS, /* --progress */
	PROGRESS_NEVER,
};

struct progress {
	enum progress_wish wish;
	bool terminal;
	bool shown;     /* there is a line on the terminal that can be written over */
	uint64_t total; /* bytes; 0: not known */
	uint64_t done;
	int64_t begun; /* milliseconds, as monotonic_ms() */
	int64_t due;   /* when the next line is */
	bool ticking;
	timer_t timer;
	struct sigaction before; /* of the timer's signal */
};

/*
 * From here on, where there is something to tell, calls that wait are ended with
 * EINTR (and shorter results) whenever a line is due, so that a copy that stands
 * still is told of, too. Ends with progress_end().
 */
void progress_begin(struct progress *progress, enum progress_wish wish, uint64_t total);

/* The patience of a transfer that is to be told of. */
int64_t progress_patience(const struct progress *progress);

/* So many bytes are copied; for a transfer, which calls it often. state: the struct progress. */
void progress_tell(void *state, uint64_t done);

/* Before anything else is written to stderr. */
void progress_end(struct progress *progress);

#endif
