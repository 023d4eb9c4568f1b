/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sums: what several segments take together. */
#ifndef TEXT_SUMS_H
#define TEXT_SUMS_H

#include "shm/segment/segment.h"

/* In bytes, but for the number; UINT64_MAX: that many or more, since a saved list may hold any. */
struct sums {
	uint64_t segments;
	uint64_t size;
	uint64_t rss;
	uint64_t swap;
	bool memory_known; /* rss and swap are, of every one */
};

/* Those of no segment. */
void sums_begin(struct sums *sums);

void sums_add(struct sums *sums, const struct sums *others);
void sums_add_segment(struct sums *sums, const struct segment *segment);

#endif
