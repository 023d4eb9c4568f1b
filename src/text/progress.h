/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress: one line on stderr that shows the progress of a long copy. On a terminal it
 * appears after a second, is updated in place, and is erased at the end. With
 * --progress it appears always; if stderr is not a terminal, as one line per second and
 * one at the end.
 */
#ifndef TEXT_PROGRESS_H
#define TEXT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

enum progress_wish {
	PROGRESS_AUTO,   /* on a terminal, after a second */
	PROGRESS_ALWAYS, /* --progress */
	PROGRESS_NEVER,
};

struct progress {
	enum progress_wish wish;
	bool terminal;
	bool shown;     /* there is a line on the terminal, which can be overwritten */
	uint64_t total; /* bytes; 0: not known */
	uint64_t done;
	int64_t begun; /* time of the start, by monotonic_ms() */
	int64_t due;   /* time of the next line */
};

void progress_begin(struct progress *progress, enum progress_wish wish, uint64_t total);

/* The value for copy_options.interval, so that a copy that waits is reported, too. */
int64_t progress_interval(const struct progress *progress);

/* For copy_options.report: done bytes have been copied. state is the struct progress. */
void progress_update(void *state, uint64_t done);

/* Erases or ends the line. Must be called before anything else is written to stderr. */
void progress_end(struct progress *progress);

#endif
