/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text/utf8.h"

/*
 * Characters that a terminal does not show, or that change the order in which it shows
 * others: the C1 set, Default_Ignorable_Code_Point (DerivedCoreProperties.txt of Unicode
 * 15), whitespace other than the space, line and paragraph separators, and other format
 * characters.
 */
static const struct {
	uint32_t first;
	uint32_t last;
} invisible[] = {
	{ 0x80, 0xa0 },       { 0xad, 0xad },       { 0x34f, 0x34f },     { 0x61c, 0x61c },
	{ 0x115f, 0x1160 },   { 0x1680, 0x1680 },   { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },
	{ 0x2000, 0x200f },   { 0x2028, 0x202f },   { 0x205f, 0x206f },   { 0x2800, 0x2800 },
	{ 0x3000, 0x3000 },   { 0x3164, 0x3164 },   { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },   { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
	{ 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

static bool is_invisible(uint32_t character)
{
	for (size_t i = 0; i < sizeof(invisible) / sizeof(invisible[0]); i++) {
		if (character <= invisible[i].last)
			return character >= invisible[i].first;
	}
	return false;
}

size_t control_length(const char *text)
{
	unsigned char first = (unsigned char)text[0];
	size_t length;

	if (first < 0x80)
		return (first && first < 0x20) || first == 0x7f;
	length = utf8_length(text);
	/* a single byte above ASCII may control a terminal that does not use UTF-8 */
	if (!length)
		return 1;
	return is_invisible(utf8_character(text, length)) ? length : 0;
}

/* Writes the escape sequence for the character at text, and returns its length. */
static size_t escape_one(char escaped[ESCAPED_SIZE], const char *text, size_t control)
{
	size_t length = 0;

	if (*text == '\n' || *text == '\t')
		return (size_t)snprintf(escaped, ESCAPED_SIZE, "\\%c", *text == '\n' ? 'n' : 't');
	for (size_t i = 0; i < control; i++)
		length += (size_t)snprintf(escaped + length, ESCAPED_SIZE - length, "\\x%02x",
					   (unsigned char)text[i]);
	return length;
}

size_t plain_length(const char *text)
{
	size_t length = 0;

	while (text[length] >= ' ' && text[length] < 0x7f && text[length] != '"' &&
	       text[length] != '\\')
		length++;
	return length;
}

size_t escape_controls(char *copy, size_t size, const char *text)
{
	size_t length = 0;

	while (*text && length + 1 < size) {
		char escaped[ESCAPED_SIZE];
		size_t control;
		size_t taken;
		size_t put;

		/* a fast path: nearly all text is printable ASCII */
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

const char *quote_word(char *copy, size_t size, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-+:@%,";
	static const char quote[] = "'\\''"; /* ends the quoted part, and begins the next */
	bool is_plain = *word && word[strspn(word, plain)] == '\0';
	size_t length = 0;

	if (!is_plain)
		copy[length++] = '\'';
	for (; *word && length + sizeof(quote) + 1 <= size; word++) {
		if (*word == '\'')
			length += (size_t)snprintf(copy + length, size - length, "%s", quote);
		else
			copy[length++] = *word;
	}
	if (!is_plain)
		copy[length++] = '\'';
	copy[length] = '\0';
	if (*word)
		snprintf(copy, size, "...");
	return copy;
}
