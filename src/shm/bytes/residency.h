/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * residency: finds out which pages of an attached segment are in memory, without
 * touching them (mincore(2)). A page that is not in memory is either in swap or was
 * never written; only the latter is a hole.
 */
#ifndef SHM_BYTES_RESIDENCY_H
#define SHM_BYTES_RESIDENCY_H

#include <stdbool.h>
#include <stdint.h>

struct residency;

/*
 * Begins with a mapping of the segment with this id, of length bytes at this address.
 * Returns NULL if out of memory. residency_end() frees it.
 */
struct residency *residency_begin(int id, unsigned char *bytes, uint64_t length);

void residency_end(struct residency *residency);

/*
 * Finds out whether the page at offset is in memory, and up to where (*end, at most
 * limit) the pages after it are in the same state. Where mincore(2) is refused, no page
 * counts as in memory, and no hole is proved. Returns 0 or an errno value.
 */
int residency_look(struct residency *residency, uint64_t offset, uint64_t limit, bool *resident,
		   uint64_t *end);

/*
 * Counts the bytes from offset to end that are in memory; none, where mincore(2) is refused. Asks
 * for these pages only. Returns 0 or an errno value.
 */
int residency_count(struct residency *residency, uint64_t offset, uint64_t end, uint64_t *resident);

/*
 * Whether the pages that the last residency_look() found absent are certainly holes:
 * this machine has no swap, or no page of the segment was in swap, both before and
 * after that look.
 */
bool residency_proves_holes(struct residency *residency);

/* Whether mincore(2) was refused, so that a page may be in memory or not. */
bool residency_is_refused(const struct residency *residency);

#endif
