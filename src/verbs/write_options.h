/* SPDX-License-Identifier: GPL-2.0-or-later */
/* write_options: the options of write, and the work in progress. */
#ifndef VERBS_WRITE_OPTIONS_H
#define VERBS_WRITE_OPTIONS_H

#include "text/byte_literal.h"
#include "text/byte_range.h"
#include "text/progress.h"
#include "verbs/common/guard_option.h"
#include "verbs/common/input.h"

struct write_options {
	struct byte_range range;
	enum { FROM_FILE, FROM_LITERAL, FROM_ZERO, FROM_FILL } from;
	int sources;      /* how many of the options that name a source were given */
	const char *file; /* NULL: stdin */
	struct byte_literal literal;
	const char *expect; /* as typed; NULL: anything */
	struct byte_literal expected;
	unsigned char fill;
	bool truncate;
	enum progress_wish progress;
	struct guard_option guard_option;
	bool verbose;
};

struct writing {
	const struct write_options *options;
	const struct segment *segment;
	struct input input;
	/*
	 * How many bytes were written, in memory that a child shares with its parent. NULL:
	 * this process does the work itself.
	 */
	uint64_t *done;
};

#endif
