/* SPDX-License-Identifier: GPL-2.0-or-later */
/* format: --format, text with the fields of a segment in it. */
#ifndef TEXT_FORMAT_H
#define TEXT_FORMAT_H

#include "text/field.h"
#include "text/output.h"

/*
 * A format is text with %{field}, %%, \t, \n and \\. check_format() returns what is wrong
 * with it, or NULL. print_format() prints a correct format for one segment, and a newline.
 */
const char *check_format(const char *format);
/* As fields_need(). */
unsigned int format_needs(const char *format);
void print_format(struct output *output, const char *format, struct view *view,
		  const struct segment *segment);

#endif
