/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/escape.h"

#include <stdio.h>
#include <string.h>

size_t utf8_length(const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length;

	if (bytes[0] < 0x80)
		return 1;
	if (bytes[0] >= 0xc2 && bytes[0] <= 0xdf)
		length = 2;
	else if (bytes[0] >= 0xe0 && bytes[0] <= 0xef)
		length = 3;
	else if (bytes[0] >= 0xf0 && bytes[0] <= 0xf4)
		length = 4;
	else
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	}
	/* overlong forms, surrogates, and beyond U+10FFFF */
	if ((bytes[0] == 0xe0 && bytes[1] < 0xa0) || (bytes[0] == 0xed && bytes[1] > 0x9f) ||
	    (bytes[0] == 0xf0 && bytes[1] < 0x90) || (bytes[0] == 0xf4 && bytes[1] > 0x8f))
		return 0;
	return length;
}

size_t control_length(const char *text)
{
	unsigned char first = (unsigned char)text[0];

	if ((first && first < 0x20) || first == 0x7f)
		return 1;
	if (first == 0xc2 && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xa0)
		return 2;
	return 0;
}

/* Writes the escape for the control character at text; returns its length. */
static size_t escape_one(char escaped[12], const char *text, size_t control)
{
	if (*text == '\n' || *text == '\t')
		return (size_t)snprintf(escaped, 12, "\\%c", *text == '\n' ? 'n' : 't');
	if (control == 1)
		return (size_t)snprintf(escaped, 12, "\\x%02x", (unsigned char)text[0]);
	return (size_t)snprintf(escaped, 12, "\\x%02x\\x%02x", (unsigned char)text[0],
				(unsigned char)text[1]);
}

size_t escape_controls(char *copy, size_t size, const char *text)
{
	size_t length = 0;

	while (*text && length + 1 < size) {
		char escaped[12];
		size_t control;
		size_t wide;

		/* what nearly all text is made of */
		if (*text >= ' ' && *text < 0x7f) {
			copy[length++] = *text++;
			continue;
		}
		control = control_length(text);
		if (!control) {
			copy[length++] = *text++;
			continue;
		}
		wide = escape_one(escaped, text, control);
		if (length + wide >= size)
			break;
		memcpy(copy + length, escaped, wide);
		length += wide;
		text += control;
	}
	copy[length] = '\0';
	return length;
}
