/* SPDX-License-Identifier: GPL-2.0-or-later */
/* segment_json: prints segments as JSON. */
#ifndef TEXT_SEGMENT_JSON_H
#define TEXT_SEGMENT_JSON_H

#include "text/field.h"

/* Prints the value of one field. */
void json_field(struct output *output, struct view *view, const struct field *field,
		const struct segment *segment);

/* Prints "name":value pairs of a segment, without braces. list is NULL for all fields. */
void json_fields(struct output *output, struct view *view, const struct field_list *list,
		 const struct segment *segment);

/* Prints the whole document of `ls -J` and `stat -J`. */
void print_json(struct output *output, struct view *view, const struct field_list *list,
		const struct segment *segments, size_t count);

#endif
