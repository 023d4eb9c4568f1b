/* SPDX-License-Identifier: GPL-2.0-or-later */
/* occupancy: a map of where a segment's bytes are, one character for each range. */
#ifndef TEXT_OCCUPANCY_H
#define TEXT_OCCUPANCY_H

#include "shm/bytes/memory.h"
#include "text/output.h"

/*
 * Prints the map of a segment, with a legend and totals, in lines of at most width columns
 * (0: 80), each indented by margin spaces. Returns 0, or an errno value if the segment
 * cannot be examined.
 */
int print_occupancy(struct output *output, const struct memory *memory, size_t width, int margin);

#endif
