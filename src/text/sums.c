/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/sums.h"

static void add(uint64_t *sum, uint64_t number)
{
	if (__builtin_add_overflow(*sum, number, sum))
		*sum = UINT64_MAX;
}

void sums_add(struct sums *sums, const struct sums *others)
{
	sums->segments += others->segments;
	add(&sums->size, others->size);
	add(&sums->rss, others->rss);
	add(&sums->swap, others->swap);
	sums->memory_unknown |= others->memory_unknown;
}

void sums_add_segment(struct sums *sums, const struct segment *segment)
{
	const struct sums one = {
		.segments = 1,
		.size = segment->size,
		.rss = segment->rss,
		.swap = segment->swap,
		/*
		 * of two possible figures, that of small pages counts (resident.h): any user can
		 * give another one such a segment, which must not hide the sum of the others
		 */
		.memory_unknown = !segment->memory_known && !segment->rss,
	};

	sums_add(sums, &one);
}
