/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/json.h"

#include "text/escape.h"
#include "text/utf8.h"

enum { SCHEMA = 1 };

void json_begin(struct output *output, const char *name)
{
	output_format(output, "{\"schema\":%d,\"%s\":[", SCHEMA, name);
}

void json_end(struct output *output)
{
	output_text(output, "]}\n");
}

void json_separate(struct output *output, size_t index)
{
	if (index)
		output_char(output, ',');
}

/* By hand: a user can fill thousands of command lines with characters that need it. */
static void json_escape(struct output *output, uint32_t unit)
{
	output_text(output, "\\u");
	for (int shift = 12; shift >= 0; shift -= 4)
		output_char(output, "0123456789abcdef"[unit >> shift & 0xf]);
}

/* Prints an escape sequence, or above U+FFFF two: a UTF-16 surrogate pair (RFC 8259). */
static void json_character(struct output *output, uint32_t character)
{
	if (character > 0xffff) {
		json_escape(output, 0xd800 + ((character - 0x10000) >> 10));
		character = 0xdc00 + (character & 0x3ff);
	}
	json_escape(output, character);
}

void json_string(struct output *output, const char *text)
{
	output_char(output, '"');
	for (;;) {
		size_t plain = plain_length(text);
		size_t length;

		output_bytes(output, text, plain);
		text += plain;
		if (!*text)
			break;
		length = utf8_length(text);
		if (*text == '"' || *text == '\\')
			output_char(output, '\\');
		if (length && control_length(text))
			json_character(output, utf8_character(text, length));
		else if (length)
			output_bytes(output, text, length);
		else
			output_text(output, REPLACEMENT_CHARACTER);
		text += length ? length : 1;
	}
	output_char(output, '"');
}

void json_text(struct output *output, const char *name, const char *text)
{
	output_format(output, ",\"%s\":", name);
	if (text && *text)
		json_string(output, text);
	else
		output_text(output, "null");
}

void json_number(struct output *output, const char *name, bool known, uint64_t number)
{
	output_format(output, ",\"%s\":", name);
	if (known)
		output_number(output, number);
	else
		output_text(output, "null");
}
