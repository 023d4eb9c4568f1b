/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/escape.h"

#include <stdio.h>
#include <string.h>

#include "text/utf8.h"

size_t control_length(const char *text)
{
	unsigned char first = (unsigned char)text[0];

	if ((first && first < 0x20) || first == 0x7f)
		return 1;
	if (first == 0xc2 && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xa0)
		return 2;
	/* a lone byte above ASCII may be a control to a terminal that is not for UTF-8 */
	return first >= 0x80 && utf8_length(text) == 0;
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
		size_t taken;
		size_t put;

		/* what nearly all text is made of */
		if (*text >= ' ' && *text < 0x7f) {
			copy[length++] = *text++;
			continue;
		}
		control = control_length(text);
		taken = control ? control : utf8_length(text);
		put = control ? escape_one(escaped, text, control) : taken;
		if (length + put >= size)
			break;
		memcpy(copy + length, control ? escaped : text, put);
		length += put;
		text += taken;
	}
	copy[length] = '\0';
	return length;
}
