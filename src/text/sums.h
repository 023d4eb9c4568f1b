/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sums: adds up the sizes of several segments. */
#ifndef TEXT_SUMS_H
#define TEXT_SUMS_H

#include "shm/segment/segment.h"

/*
 * Sizes are in bytes. UINT64_MAX means that much or more: a saved list may have any sizes,
 * so sums can overflow. Those of no segment are 0.
 */
struct sums {
	uint64_t segments;
	uint64_t size;
	uint64_t rss;
	uint64_t swap;
	bool memory_unknown; /* rss and swap of a segment are not known */
};

void sums_add(struct sums *sums, const struct sums *others);
void sums_add_segment(struct sums *sums, const struct segment *segment);

#endif
