/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hexdump: prints bytes in the layout of hexdump -C. */
#ifndef TEXT_HEXDUMP_H
#define TEXT_HEXDUMP_H

#include "text/output.h"

enum { HEXDUMP_WIDTH = 16 };

/* A dump in progress, in pieces of any length. Initialize it with { .offset = ... }. */
struct hexdump {
	uint64_t offset;                   /* of the next line */
	unsigned char line[HEXDUMP_WIDTH]; /* its first bytes */
	size_t held;                       /* how many bytes line has */
	unsigned char before[HEXDUMP_WIDTH];
	bool started;
	bool squeezing; /* in a run of equal lines, which are printed as one '*' */
};

/* Prints more bytes, which other processes may change at the same time. */
void hexdump_add(struct output *output, struct hexdump *dump, const unsigned char *bytes,
		 size_t length);

/* Prints the zeros of a hole, which cannot be read without allocating memory. */
void hexdump_add_zeros(struct output *output, struct hexdump *dump, uint64_t length);

/* Prints the last line, if it is shorter than the others, and the end offset (if not empty). */
void hexdump_end(struct output *output, struct hexdump *dump);

#endif
