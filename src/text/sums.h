/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sums: adds up the sizes of several segments. */
#ifndef TEXT_SUMS_H
#define TEXT_SUMS_H

#include "shm/segment/segment.h"

/*
 * Sizes are in bytes. UINT64_MAX means that much or more: a saved list may have any sizes,
 * so sums can overflow.
 */
struct sums {
	uint64_t segments;
	uint64_t size;
	uint64_t rss;
	uint64_t swap;
	bool memory_known; /* rss and swap of every segment are known */
};

/* Sets the sums to those of no segment. */
void sums_begin(struct sums *sums);

void sums_add(struct sums *sums, const struct sums *others);
void sums_add_segment(struct sums *sums, const struct segment *segment);

#endif
