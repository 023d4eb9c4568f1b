/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json: prints one object with "schema" and one array. Strings are always valid UTF-8:
 * invalid bytes become U+FFFD.
 */
#ifndef TEXT_JSON_H
#define TEXT_JSON_H

#include "text/output.h"

/* {"schema":1,"NAME":[ ... items ... ]} and a newline. */
void json_begin(struct output *output, const char *name);
void json_end(struct output *output);

/* Prints a comma, unless index is 0. */
void json_separate(struct output *output, size_t index);

void json_string(struct output *output, const char *text);

/*
 * Print ,"NAME": and the text, or null if it is NULL or empty; or the number, or null if it is not
 * known.
 */
void json_text(struct output *output, const char *name, const char *text);
void json_number(struct output *output, const char *name, bool known, uint64_t number);

#endif
