/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json: one object with "schema" and one array. Strings are valid UTF-8
 * whatever they were made of: bytes that are none become U+FFFD.
 */
#ifndef TEXT_JSON_H
#define TEXT_JSON_H

#include "text/output.h"

/* {"schema":1,"NAME":[ ... items ... ]} and a newline. */
void json_begin(struct output *output, const char *name);
void json_end(struct output *output);

/* A comma before every item but the first. */
void json_separate(struct output *output, size_t index);

void json_string(struct output *output, const char *text);

#endif
