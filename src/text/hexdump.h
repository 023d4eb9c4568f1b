/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hexdump: bytes in the layout of hexdump -C. */
#ifndef TEXT_HEXDUMP_H
#define TEXT_HEXDUMP_H

#include "text/output.h"

/*
 * Prints the bytes with the offsets offset..offset+length in front of the
 * lines; runs of equal lines become one '*'. The last line is the end offset.
 */
void print_hexdump(struct output *output, const unsigned char *bytes, uint64_t offset,
		   uint64_t length);

#endif
