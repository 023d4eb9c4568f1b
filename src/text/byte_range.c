/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/byte_range.h"

#include <inttypes.h>

#include "text/units.h"

enum status byte_range_check(struct byte_range *range, const struct segment *segment)
{
	if (range->offset > segment->size)
		return fail(STATUS_USAGE, "offset %" PRIu64 " is past the end of %s, which has %s",
			    range->offset, SEGMENT_LABEL(segment), BYTES(segment->size));
	if (!range->length_given)
		range->length = segment->size - range->offset;
	if (range->length > segment->size - range->offset)
		return fail(STATUS_USAGE,
			    "offset %" PRIu64 " plus length %" PRIu64 " exceeds %s, which has %s",
			    range->offset, range->length, SEGMENT_LABEL(segment),
			    BYTES(segment->size));
	return STATUS_DONE;
}

enum status number_misaligned(uint64_t offset, uint64_t length)
{
	fail(STATUS_USAGE, "--u%" PRIu64 ": offset %" PRIu64 " is not a multiple of %" PRIu64,
	     length * 8, offset, length);
	hint("use -x for bytes at any offset: only an aligned number is read or written atomically");
	return STATUS_USAGE;
}
