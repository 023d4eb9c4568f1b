/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ls_follow: ls --follow prints a line for every change of a segment. */
#ifndef VERBS_LS_FOLLOW_H
#define VERBS_LS_FOLLOW_H

#include "text/field.h"
#include "verbs/common/select.h"

struct follow {
	int64_t interval; /* milliseconds between two lists */
	bool json;
	const struct field_list *fields; /* of a segment in JSON; NULL: all */
	bool numeric;
	enum time_format times;
	bool verbose; /* report when the first list was read */
};

/* The default interval in milliseconds. */
enum { FOLLOW_INTERVAL = 1000 };

/*
 * Writes to stdout until a signal ends the program, or until stdout is a pipe without
 * reader. Returns only if it cannot continue.
 */
enum status follow_segments(const struct choice *choice, const struct follow *follow);

#endif
