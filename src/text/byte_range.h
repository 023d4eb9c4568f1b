/* SPDX-License-Identifier: GPL-2.0-or-later */
/* byte_range: -o OFFSET and -n LENGTH of read and write. */
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
 * Checks that the range lies wholly inside the segment; a length that was not
 * given becomes what is there from the offset to the end. Reports what is wrong.
 */
enum status byte_range_check(struct byte_range *range, const struct segment *segment);

/* Reports that a number of this length is not at a multiple of it. */
enum status number_misaligned(uint64_t offset, uint64_t length);

#endif
