/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table: prints lists of segments, in aligned columns or tab-separated. */
#ifndef TEXT_TABLE_H
#define TEXT_TABLE_H

#include "text/field.h"

/* Prints aligned columns, each as wide as its widest value, for people. Returns 0 or ENOMEM. */
int print_table(struct output *output, struct view *view, const struct field_list *columns,
		const struct segment *segments, size_t count, bool header);

/* Prints values separated by tabs, for programs. No value contains a tab or a newline. */
void print_raw(struct output *output, struct view *view, const struct field_list *columns,
	       const struct segment *segments, size_t count, bool header);

#endif
