/* SPDX-License-Identifier: GPL-2.0-or-later */
/* segment_json: segments in JSON. */
#ifndef TEXT_SEGMENT_JSON_H
#define TEXT_SEGMENT_JSON_H

#include "text/field.h"

/* The value of one field. */
void json_field(struct output *output, struct view *view, const struct field *field,
		const struct segment *segment);

/* "name":value pairs of a segment, with no braces; all fields when fields is NULL. */
void json_fields(struct output *output, struct view *view, const struct field_list *list,
		 const struct segment *segment);

/* The whole document of `ls -J` and `stat -J`. */
void print_json(struct output *output, struct view *view, const struct field_list *list,
		const struct segment *segments, size_t count);

#endif
