/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress: one line on stderr that shows how far a long copy is. On a terminal
 * it appears by itself after a second, is written over in place, and disappears
 * at the end. With --progress it always appears: elsewhere than on a terminal
 * as a line each second and one at the end.
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
	bool shown;     /* there is a line on the terminal that can be written over */
	uint64_t total; /* bytes; 0: not known */
	uint64_t done;
	int64_t begun; /* milliseconds, as monotonic_ms() */
	int64_t due;   /* when the next line is */
};

void progress_begin(struct progress *progress, enum progress_wish wish, uint64_t total);

/* For copy_options.interval: also a copy that waits is reported. */
int64_t progress_interval(const struct progress *progress);

/* So many bytes are copied: for copy_options.report, which is called often. state: the struct progress. */
void progress_update(void *state, uint64_t done);

/* To be called before anything else is written to stderr. */
void progress_end(struct progress *progress);

#endif
