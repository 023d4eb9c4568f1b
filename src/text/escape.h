/* SPDX-License-Identifier: GPL-2.0-or-later */
/* escape: makes text from other users safe to print on a terminal. */
#ifndef TEXT_ESCAPE_H
#define TEXT_ESCAPE_H

#include <stddef.h>

/*
 * Returns the length in bytes of the first character of text if it must be escaped: a
 * control character, one that a terminal does not show, one that reorders others, or a
 * byte that is not valid UTF-8. Otherwise returns 0.
 */
size_t control_length(const char *text);

/*
 * Returns the length of the part at the start of text that JSON and metrics contain as it is:
 * printable ASCII characters without quotes and backslashes. Mostly that is all of it.
 */
size_t plain_length(const char *text);

/* The longest escape sequence of one character (four bytes), plus the zero byte. */
enum { ESCAPED_SIZE = 4 * 4 + 1 };

/*
 * Copies text, at most size - 1 bytes of the result. Characters that must be escaped
 * become \n, \t, or \xNN for each byte; a backslash is not changed. No character is
 * cut in two. Returns the length of the copy.
 */
size_t escape_controls(char *copy, size_t size, const char *text);

/*
 * Copies a word, in single quotes if a shell would need them. If it does not fit, copies "...",
 * since a part of a path names another file. Returns the copy.
 */
const char *quote_word(char *copy, size_t size, const char *word);

#endif
