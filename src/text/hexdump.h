/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hexdump: bytes in the layout of hexdump -C. */
#ifndef TEXT_HEXDUMP_H
#define TEXT_HEXDUMP_H

#include "text/output.h"

enum { HEXDUMP_WIDTH = 16 };

/* A dump that comes in pieces of any length; begin with { .offset = ... }. */
struct hexdump {
	uint64_t offset;                   /* of the next line */
	unsigned char line[HEXDUMP_WIDTH]; /* its first bytes */
	size_t held;                       /* how many */
	unsigned char before[HEXDUMP_WIDTH];
	bool started;
	bool squeezing; /* in a run of equal lines, which is one '*' */
};

/* Prints more bytes, which other processes may change at the same time. */
void hexdump_add(struct output *output, struct hexdump *dump, const unsigned char *bytes,
		 size_t length);

/* The same for the zeros of a hole, which has no memory to be read. */
void hexdump_add_zeroes(struct output *output, struct hexdump *dump, uint64_t length);

/* Prints the last line, if it is not a whole one, and the end offset, unless there was nothing. */
void hexdump_end(struct output *output, struct hexdump *dump);

#endif
