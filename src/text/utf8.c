/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/utf8.h"

#include <wchar.h>

size_t utf8_length(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t length;

	if (at[0] < 0x80)
		return 1;
	if (at[0] >= 0xc2 && at[0] <= 0xdf)
		length = 2;
	else if (at[0] >= 0xe0 && at[0] <= 0xef)
		length = 3;
	else if (at[0] >= 0xf0 && at[0] <= 0xf4)
		length = 4;
	else
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	/* overlong forms, surrogates, and beyond U+10FFFF */
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return length;
}

uint32_t utf8_character(const char *text, size_t length)
{
	uint32_t character = (unsigned char)text[0];

	if (length <= 1)
		return character;
	/* the first byte begins with as many 1 bits as the character has bytes, and a 0 bit */
	character &= 0x7fU >> length;
	for (size_t i = 1; i < length; i++)
		character = character << 6 | ((unsigned char)text[i] & 0x3f);
	return character;
}

/* The width in columns of the first character of text, which has length bytes. */
static size_t width_of(const char *text, size_t length)
{
	int width;

	if (length <= 1)
		return 1;
	width = wcwidth((wchar_t)utf8_character(text, length));
	return width < 0 ? 1 : (size_t)width;
}

size_t utf8_fit(const char *text, size_t length, size_t columns, size_t *taken)
{
	size_t at = 0;

	*taken = 0;
	while (at < length) {
		size_t bytes = utf8_length(text + at);
		size_t width = width_of(text + at, bytes);

		if (*taken + width > columns || at + bytes > length)
			break;
		*taken += width;
		at += bytes ? bytes : 1;
	}
	return at;
}

size_t utf8_width(const char *text, size_t length)
{
	size_t ascii = 0;
	size_t width;

	/* a fast path: nearly all text is ASCII */
	while (ascii < length && (unsigned char)text[ascii] < 0x80)
		ascii++;
	if (ascii == length)
		return length;
	utf8_fit(text, length, SIZE_MAX, &width);
	return width;
}
