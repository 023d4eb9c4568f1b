/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parse_segment: parses SEGMENT operands and keys. Errors are returned as in parse.h. */
#ifndef TEXT_PARSE_SEGMENT_H
#define TEXT_PARSE_SEGMENT_H

#include "shm/segment/segment.h"

/*
 * A SEGMENT operand. If it is correct, but the PATH of ftok:PROJ:PATH cannot be resolved,
 * returns NULL and sets *file_error to an errno value or an error of safe_open.h.
 */
const char *parse_segment(const char *word, struct segment_ref *ref, int *file_error);

/* What is wrong with a word that has none of the forms. */
#define SEGMENT_FORMS "ID, 0xKEY, key:KEY, id:ID or ftok:PROJ:PATH"
extern const char not_a_segment[];

/*
 * A key that is not 0: a number (decimal, 0x for hexadecimal, 0 for octal, with or without
 * key: before it) or ftok:PROJ:PATH. file_error: see parse_segment().
 */
const char *parse_key_or_file(const char *word, key_t *key, int *file_error);

/* KEY, or a range KEY-KEY of two numbers. As unsigned 32-bit numbers, first <= last. */
const char *parse_key_range(const char *word, key_t *first, key_t *last, int *file_error);

/* What is wrong with key 0, which all private segments have. */
extern const char key_is_private[];

/* The parts of ftok:PROJ:PATH. Sets *path to NULL if the word does not have this form. */
const char *parse_ftok(const char *word, uint64_t *project, const char **path);

#endif
