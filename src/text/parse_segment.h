/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parse_segment: SEGMENT operands and keys; errors as in parse.h. */
#ifndef TEXT_PARSE_SEGMENT_H
#define TEXT_PARSE_SEGMENT_H

#include "shm/segment/segment.h"

/*
 * A SEGMENT operand. *file_error is set to an errno value or an error of
 * safe_open.h when the word is well formed but its ftok PATH cannot be resolved
 * (and NULL is returned).
 */
const char *parse_segment(const char *word, struct segment_ref *ref, int *file_error);

/*
 * A key: a number (decimal, 0x, 0 for octal; key: may stand before it) or
 * ftok:PROJ:PATH; never 0. file_error as in parse_segment.
 */
const char *parse_key_or_file(const char *word, key_t *key, int *file_error);

/* KEY, or KEY-KEY of two numbers, of which the first is not above the last (as 32 bits, unsigned). */
const char *parse_key_range(const char *word, key_t *first, key_t *last, int *file_error);

/* The parts of ftok:PROJ:PATH; *path is NULL if the word is none. */
const char *parse_ftok(const char *word, uint64_t *project, const char **path);

#endif
