/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/escape.h"

#include <stdio.h>
#include <string.h>

size_t control_length(const char *text)
{
	unsigned char first = (unsigned char)text[0];

	if ((first && first < 0x20) || first == 0x7f)
		return 1;
	if (first == 0xc2 && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xa0)
		return 2;
	return 0;
}

size_t escape_controls(char *copy, size_t size, const char *text)
{
	size_t length = 0;

	while (*text) {
		char escaped[12] = { *text };
		size_t control = control_length(text);
		size_t wide = 1;

		if (*text == '\n' || *text == '\t')
			snprintf(escaped, sizeof(escaped), "\\%c", *text == '\n' ? 'n' : 't');
		else if (control == 1)
			snprintf(escaped, sizeof(escaped), "\\x%02x", (unsigned char)text[0]);
		else if (control == 2)
			snprintf(escaped, sizeof(escaped), "\\x%02x\\x%02x",
				 (unsigned char)text[0], (unsigned char)text[1]);
		if (control)
			wide = strlen(escaped);
		if (length + wide >= size)
			break;
		memcpy(copy + length, escaped, wide);
		length += wide;
		text += control ? control : 1;
	}
	copy[length] = '\0';
	return length;
}
