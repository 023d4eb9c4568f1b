/* SPDX-License-Identifier: GPL-2.0-or-later */
/* write_options: what the user asked write for, and the work that it is. */
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
	int sources;      /* how many were given */
	const char *file; /* NULL: stdin */
	struct byte_literal literal;
	const char *expect; /* as it was typed; NULL: anything */
	struct byte_literal expected;
	unsigned char fill;
	bool truncate;
	enum progress_wish progress;
	struct guard_option guard_option;
	bool verbose;
};

/* What the work is about, of which a child does a part. */
struct writing {
	const struct write_options *options;
	const struct segment *segment;
	struct input input;
	bool in_child;
	uint64_t *done; /* bytes that were written, for both to see */
};

#endif
