/* SPDX-License-Identifier: GPL-2.0-or-later */
/* utf8: decodes UTF-8 from other users, independently of the locale. */
#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The replacement for bytes that are not a valid character: U+FFFD. */
#define REPLACEMENT_CHARACTER "\xef\xbf\xbd"

/* The length of the first character of text in bytes; 0 if it is not valid UTF-8. */
size_t utf8_length(const char *text);

/* The first character of text, which has this length in bytes. */
uint32_t utf8_character(const char *text, size_t length);

/*
 * How many columns text needs on a terminal. A character has a width of 2 if it is wide, or
 * 0 if it is combining, provided that the locale supports that; otherwise 1. An invalid
 * byte has a width of 1.
 */
size_t utf8_width(const char *text, size_t length);

/*
 * How many of the first length bytes of text fit into this many columns, in whole characters
 * (not one of which only a part is among them). Sets *taken to the number of columns that they
 * need.
 */
size_t utf8_fit(const char *text, size_t length, size_t columns, size_t *taken);

#endif
