/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sort: --sort, segments in the order of their fields. */
#ifndef TEXT_SORT_H
#define TEXT_SORT_H

#include "text/field.h"

/* Keys to sort by; descending for those with a '-' before their name. */
struct sort_key {
	const struct field *field;
	bool descending;
};

struct sort_keys {
	struct sort_key *items;
	size_t count;
	size_t capacity;
};

const char *parse_sort(const char *word, struct sort_keys *keys);

bool sort_needs_holders(const struct sort_keys *keys);

/* Sorts by the keys; segments that are equal in all stay in their order. */
enum status sort_segments(struct view *view, const struct sort_keys *keys, struct segment *segments,
			  size_t count);

#endif
