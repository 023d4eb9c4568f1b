/* SPDX-License-Identifier: GPL-2.0-or-later */
/* utf8: characters of text made by others, whatever the locale is. */
#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* What stands for bytes that are no character: U+FFFD. */
#define REPLACEMENT_CHARACTER "\xef\xbf\xbd"

/* The length of the valid UTF-8 character at the front of text; 0 when there is none. */
size_t utf8_length(const char *text);

/* The character at the front of text, which has so many bytes. */
uint32_t utf8_character(const char *text, size_t length);

/*
 * The columns that text takes on a terminal: 2 for a wide character, 0 for a
 * combining one, where the locale knows of them; 1 for any other, and for a
 * byte that is no character.
 */
size_t utf8_width(const char *text, size_t length);

/*
 * The bytes at the front of text that fit into so many columns, with whole
 * characters only; *taken is how many columns they take.
 */
size_t utf8_fit(const char *text, size_t length, size_t columns, size_t *taken);

#endif
