/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json: one object with "schema" and one array. Strings are valid UTF-8
 * whatever they were made of: bytes that are none become U+FFFD.
 */
#ifndef TEXT_JSON_H
#define TEXT_JSON_H

#include "text/field.h"

/* {"schema":1,"NAME":[ ... items ... ]} and a newline. */
void json_begin(struct output *output, const char *name);
void json_end(struct output *output);

/* A comma before every item but the first. */
void json_separate(struct output *output, size_t index);

void json_string(struct output *output, const char *text);

/* "name":value pairs of a segment, with no braces; all fields when fields is NULL. */
void json_fields(struct output *output, struct view *view, const struct field_list *list,
		 const struct segment *segment);

/* The whole document of `ls -J` and `stat -J`. */
void print_json(struct output *output, struct view *view, const struct field_list *list,
		const struct segment *segments, size_t count);

#endif
