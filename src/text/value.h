/* SPDX-License-Identifier: GPL-2.0-or-later */
/* value: the value of a field of a segment, and how it is printed. */
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
	VALUE_COMMAND, /* text: a name; see command_text() */
	VALUE_STATE,   /* number: enum segment_state; text: its name */
	VALUE_PROCESS, /* number: the pid; text: the command name, or process_exited */
	VALUE_HOLDERS, /* number: of attachments; text: see holders_text() */
};

struct value {
	enum value_kind kind;
	uint64_t number;
	const char *text;
};

/* Returns a number below, equal to or above 0, like strcmp(3). Unknown values come first. */
int compare_values(const struct value *a, const struct value *b);

/*
 * Return a value as text: for people (rounded sizes and durations, times in the format of
 * the view), or for programs (exact, times in RFC 3339). Names from other users are not
 * escaped. The result may be in buffer.
 */
enum { VALUE_TEXT_SIZE = QUOTED_SIZE(UNIT_SIZE) };
_Static_assert((int)VALUE_TEXT_SIZE >= (int)PROCESS_LABEL_SIZE,
	       "the longest text is that of a unit");
const char *value_for_people(const struct view *view, const struct value *value,
			     char buffer[VALUE_TEXT_SIZE]);
/* For VALUE_HOLDERS: the text that names all processes (see holders_text()). */
const char *holders_in_full(const struct value *value);
const char *value_for_programs(const struct value *value, char buffer[VALUE_TEXT_SIZE]);

#endif
