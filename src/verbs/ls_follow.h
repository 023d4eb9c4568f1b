/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ls_follow: ls --follow, a line for whatever happens to segments. */
#ifndef VERBS_LS_FOLLOW_H
#define VERBS_LS_FOLLOW_H

#include "text/field.h"
#include "verbs/common/select.h"

struct follow {
	int64_t interval; /* milliseconds between two looks */
	bool json;
	const struct field_list *fields; /* of a segment in JSON; NULL: all */
	bool numeric;
	enum time_format times;
	bool verbose; /* say when the first look is taken */
};

/* A second between looks, where nobody says otherwise. */
enum { FOLLOW_INTERVAL = 1000 };

/*
 * Writes to stdout until a signal ends the program, or until whoever reads
 * that has gone. Returns only when it cannot go on.
 */
enum status follow_segments(const struct choice *choice, const struct follow *follow);

#endif
