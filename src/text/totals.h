/* SPDX-License-Identifier: GPL-2.0-or-later */
/* totals: how many segments there are and what they take, by the values of a field. */
#ifndef TEXT_TOTALS_H
#define TEXT_TOTALS_H

#include "text/field.h"

/*
 * A line for each value of the field, the largest first; of equal ones, the lower
 * value first. NULL: one line for all. As a table, or as JSON.
 */
enum status print_totals(struct output *output, struct view *view, const struct field *by,
			 const struct segment *segments, size_t count, bool header);
enum status print_totals_json(struct output *output, struct view *view, const struct field *by,
			      const struct segment *segments, size_t count);

#endif
