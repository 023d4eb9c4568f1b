/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/byte_literal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/bytes/atomic.h"
#include "text/error.h"
#include "text/parse.h"

/* Parses a number, which must fit into length bytes, to the bytes it has in memory. */
static const char *parse_word(const char *value, unsigned char *bytes, size_t length)
{
	static const char *const too_large[WORD_MAX + 1] = {
		[1] = "out of range for 8 bits (0..255)",
		[2] = "out of range for 16 bits (0..65535)",
		[4] = "out of range for 32 bits (0..4294967295)",
	};
	uint64_t number;
	const char *wrong = parse_number(value, &number);

	if (!wrong && length < sizeof(number) && number >> (length * 8))
		wrong = too_large[length];
	if (!wrong)
		word_to_bytes(number, bytes, length);
	return wrong;
}

const char *byte_literal_parse(struct byte_literal *literal, const char *value)
{
	size_t length = strlen(value);

	literal->bytes = malloc(length + WORD_MAX);
	literal->length = length;
	if (!literal->bytes)
		return out_of_memory;
	switch (literal->notation) {
	case NOTATION_HEX:
		return parse_hex(value, literal->bytes, &literal->length);
	case NOTATION_NUMBER:
		literal->length = literal->number_length;
		return parse_word(value, literal->bytes, literal->length);
	default:
		memcpy(literal->bytes, value, length);
		return NULL;
	}
}

void byte_literal_free(struct byte_literal *literal)
{
	free(literal->bytes);
	*literal = (struct byte_literal){ 0 };
}

/* Prints text with control characters escaped, since it may be anything. */
static void print_text(struct output *output, const unsigned char *bytes, size_t length)
{
	char text[WORD_MAX + 1] = { 0 };

	if (!isatty(STDOUT_FILENO)) {
		output_bytes(output, bytes, length);
		return;
	}
	memcpy(text, bytes, length);
	for (size_t at = 0; at < length; at += strlen(text + at) + 1) {
		output_escaped(output, text + at);
		if (at + strlen(text + at) < length)
			output_text(output, "\\x00");
	}
}

void byte_literal_print(struct output *output, const struct byte_literal *literal,
			const unsigned char *bytes)
{
	switch (literal->notation) {
	case NOTATION_NUMBER:
		output_number(output, word_from_bytes(bytes, literal->length));
		break;
	case NOTATION_HEX:
		for (size_t i = 0; i < literal->length; i++)
			output_format(output, "%02x", bytes[i]);
		break;
	default:
		print_text(output, bytes, literal->length);
	}
	output_char(output, '\n');
}
