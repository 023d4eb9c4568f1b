/* SPDX-License-Identifier: GPL-2.0-or-later */
/* escape: text made by others, made safe to print. */
#ifndef TEXT_ESCAPE_H
#define TEXT_ESCAPE_H

#include <stddef.h>

/*
 * The length in bytes of the character at the front of text if it is a control
 * character, or one that a terminal does not show or that reorders others, or a
 * byte that is no UTF-8; otherwise 0.
 */
size_t control_length(const char *text);

/* What such a character is written as needs so many bytes, with the zero byte. */
enum { ESCAPED_SIZE = 4 * 4 + 1 };

/*
 * Copies text, at most size - 1 bytes of it, with such characters as \n, \t or
 * one \xNN for each byte, and a backslash as it is; no character is cut in two.
 * Returns the length of the copy.
 */
size_t escape_controls(char *copy, size_t size, const char *text);

#endif
