/* SPDX-License-Identifier: GPL-2.0-or-later */
/* occupancy: a picture of where a segment's bytes are, one character for each range. */
#ifndef TEXT_OCCUPANCY_H
#define TEXT_OCCUPANCY_H

#include "shm/bytes/memory.h"
#include "text/output.h"

/*
 * Draws the segment, with a legend and totals, in lines of at most width
 * columns (0: 80), each after margin spaces. Returns 0 or an errno
 * value of looking.
 */
int print_occupancy(struct output *output, const struct memory *memory, size_t width, int margin);

#endif
