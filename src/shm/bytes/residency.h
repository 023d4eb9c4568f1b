/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * residency: which pages of an attached segment are in memory, found out without
 * touching them (mincore(2)). A page that is not may never have been written, or
 * be in swap; only the former is a hole.
 */
#ifndef SHM_BYTES_RESIDENCY_H
#define SHM_BYTES_RESIDENCY_H

#include <stdbool.h>
#include <stdint.h>

struct residency;

/* For this many bytes of the mapping at bytes. NULL: not enough memory. */
struct residency *residency_begin(int id, unsigned char *bytes, uint64_t length);

void residency_end(struct residency *residency);

/*
 * Whether the page at offset is in memory, and how far the same holds (*end,
 * limit at most). Returns 0 or an errno value.
 */
int residency_look(struct residency *residency, uint64_t offset, uint64_t limit, bool *resident,
		   uint64_t *end);

/*
 * Whether what the last look found not to be in memory is certainly a hole: there
 * is no swap on this machine, or none of the segment was in it, both before and
 * after that look.
 */
bool residency_proves_holes(struct residency *residency);

#endif
