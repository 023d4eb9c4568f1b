/* SPDX-License-Identifier: GPL-2.0-or-later */
/* value: what a field is of a segment, and how that is written. */
#ifndef TEXT_VALUE_H
#define TEXT_VALUE_H

#include <stdint.h>

#include "text/names.h"

struct view;

enum value_kind {
	VALUE_UNKNOWN, /* "-" or null */
	VALUE_NUMBER,
	VALUE_SIZE,     /* bytes */
	VALUE_KEY,      /* 0x%08x */
	VALUE_MODE,     /* octal */
	VALUE_PERMS,    /* rw-r----- */
	VALUE_TIME,     /* seconds since 1970 */
	VALUE_DURATION, /* seconds */
	VALUE_FLAG,     /* yes or no */
	VALUE_TEXT,
	VALUE_COMMAND, /* text: see command_text() */
	VALUE_STATE,   /* number: enum segment_state; text: its name */
	VALUE_PROCESS, /* number: the pid; text: its command, or process_exited */
	VALUE_HOLDERS, /* number: how many attachments; text: see holders_text() */
};

struct value {
	enum value_kind kind;
	uint64_t number;
	const char *text;
};

/* Below or above 0, or 0, as a stands before or behind b; unknown comes first. */
int compare_values(const struct value *a, const struct value *b);

/*
 * A value as text: for people (sizes and durations short, times as the view
 * says), or for programs (exact; times in RFC 3339). Text of others comes
 * unescaped. The result is valid until the next call with the same buffer.
 */
enum { VALUE_TEXT_SIZE = PROCESS_LABEL_SIZE };
const char *value_for_people(const struct view *view, const struct value *value,
			     char buffer[VALUE_TEXT_SIZE]);
/* Of VALUE_HOLDERS: the names of all. */
const char *holders_in_full(const struct value *value);
const char *value_for_programs(const struct value *value, char buffer[VALUE_TEXT_SIZE]);

#endif
