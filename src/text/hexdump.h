/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hexdump: bytes in the layout of hexdump -C. */
#ifndef TEXT_HEXDUMP_H
#define TEXT_HEXDUMP_H

#include "text/output.h"

enum { HEXDUMP_WIDTH = 16 };

/* A dump that comes in pieces; begin with { .offset = ... }. */
struct hexdump {
	uint64_t offset; /* of the next line */
	unsigned char before[HEXDUMP_WIDTH];
	bool started;
	bool squeezing; /* a run of equal lines, which is one '*' */
};

/* Prints more bytes; of all pieces, only the last may have a broken line. */
void hexdump_add(struct output *output, struct hexdump *dump, const unsigned char *bytes,
		 size_t length);

/* Prints the end offset, unless there was nothing. */
void hexdump_end(struct output *output, const struct hexdump *dump);

#endif
