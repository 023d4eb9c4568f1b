/* SPDX-License-Identifier: GPL-2.0-or-later */
/* escape: text made by others, made safe to print. */
#ifndef TEXT_ESCAPE_H
#define TEXT_ESCAPE_H

#include <stddef.h>

/*
 * The length of the control character at the front of text: 1 for an ASCII
 * one and for a byte that is no UTF-8, 2 for one of the C1 set in UTF-8, 0
 * when it is none.
 */
size_t control_length(const char *text);

/*
 * Copies text, at most size - 1 bytes of it, with control characters as \n, \t
 * or \xNN and a backslash as it is; no character is cut in two. Returns the
 * length of the copy.
 */
size_t escape_controls(char *copy, size_t size, const char *text);

#endif
