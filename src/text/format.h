/* SPDX-License-Identifier: GPL-2.0-or-later */
/* format: --format, a text with the fields of a segment in it. */
#ifndef TEXT_FORMAT_H
#define TEXT_FORMAT_H

#include "text/field.h"
#include "text/output.h"

/*
 * --format: text with %{field}, %%, \t, \n and \\. Checks it before anything
 * is done; then prints it for one segment, and a newline behind.
 */
const char *check_format(const char *format);
bool format_needs_holders(const char *format);
void print_format(struct output *output, const char *format, struct view *view,
		  const struct segment *segment);

#endif
