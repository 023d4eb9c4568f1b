/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table: lists of segments as aligned columns, or tab separated. */
#ifndef TEXT_TABLE_H
#define TEXT_TABLE_H

#include "text/field.h"

/* Columns for people, each as wide as its widest value. 0 or ENOMEM. */
int print_table(struct output *output, struct view *view, const struct field_list *columns,
		const struct segment *segments, size_t count, bool header);

/* Values for programs with tabs between; a value holds neither tab nor newline. */
void print_raw(struct output *output, struct view *view, const struct field_list *columns,
	       const struct segment *segments, size_t count, bool header);

#endif
