/* SPDX-License-Identifier: GPL-2.0-or-later */
/* totals: prints the number and sizes of segments, grouped by the value of a field. */
#ifndef TEXT_TOTALS_H
#define TEXT_TOTALS_H

#include "text/field.h"

/*
 * Print a line for each value of the field, or if by is NULL, one line for all segments.
 * The largest size comes first; lines of the same size are in the order of their values.
 * The output is a table, or JSON.
 */
enum status print_totals(struct output *output, struct view *view, const struct field *by,
			 const struct segment *segments, size_t count, bool header);
enum status print_totals_json(struct output *output, struct view *view, const struct field *by,
			      const struct segment *segments, size_t count);

#endif
