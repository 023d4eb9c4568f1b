/* SPDX-License-Identifier: GPL-2.0-or-later */
/* byte_range: the range of bytes that -o OFFSET and -n LENGTH of read and write give. */
#ifndef TEXT_BYTE_RANGE_H
#define TEXT_BYTE_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "text/error.h"

struct byte_range {
	uint64_t offset;
	uint64_t length;
	bool length_given;
};

/*
 * Checks that the whole range lies inside the segment, and reports if not. If no length
 * was given, sets it to reach to the end of the segment.
 */
enum status byte_range_check(struct byte_range *range, const struct segment *segment);

/* Reports that the offset of a number is not a multiple of its length. */
enum status number_misaligned(uint64_t offset, uint64_t length);

#endif
