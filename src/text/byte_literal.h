/* SPDX-License-Identifier: GPL-2.0-or-later */
/* byte_literal: bytes given on the command line, as text, in hex or as a number. */
#ifndef TEXT_BYTE_LITERAL_H
#define TEXT_BYTE_LITERAL_H

#include <stddef.h>

#include "text/output.h"

struct byte_literal {
	enum { NOTATION_TEXT, NOTATION_HEX, NOTATION_NUMBER } notation;
	size_t number_length; /* bytes that a number has: 1, 2, 4 or 8; otherwise 0 */
	unsigned char *bytes; /* as they are in memory */
	size_t length;
};

/*
 * Reads a value in the notation of the literal. Returns NULL, or what is wrong
 * with it. byte_literal_free() must follow, whatever is returned.
 */
const char *byte_literal_parse(struct byte_literal *literal, const char *value);
void byte_literal_free(struct byte_literal *literal);

/* Prints bytes in the notation of the literal, as many as it has, WORD_MAX at most. */
void byte_literal_print(struct output *output, const struct byte_literal *literal,
			const unsigned char *bytes);

#endif
