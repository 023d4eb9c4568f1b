/* SPDX-License-Identifier: GPL-2.0-or-later */
/* byte_literal: bytes on the command line, given as text, in hex or as a number. */
#ifndef TEXT_BYTE_LITERAL_H
#define TEXT_BYTE_LITERAL_H

#include <stddef.h>

#include "text/output.h"

struct byte_literal {
	enum { NOTATION_TEXT, NOTATION_HEX, NOTATION_NUMBER } notation;
	size_t number_length; /* bytes of a number: 1, 2, 4 or 8; otherwise 0 */
	unsigned char *bytes; /* in the order they have in memory */
	size_t length;
};

/*
 * Parses a value in the notation that the literal has. Returns NULL, or what is wrong
 * with the value. byte_literal_free() must follow in either case.
 */
const char *byte_literal_parse(struct byte_literal *literal, const char *value);
void byte_literal_free(struct byte_literal *literal);

/* Prints literal->length bytes, at most WORD_MAX, in the notation of the literal. */
void byte_literal_print(struct output *output, const struct byte_literal *literal,
			const unsigned char *bytes);

#endif
