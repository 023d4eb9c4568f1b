/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sort: sorts segments by fields, for --sort. */
#ifndef TEXT_SORT_H
#define TEXT_SORT_H

#include "text/field.h"

/* A field to sort by, in descending order if its name had a '-' before it. */
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

/* As fields_need(). */
unsigned int sort_needs(const struct sort_keys *keys);

/* Sorts by these keys. Segments that are equal in all keys keep their order. */
enum status sort_segments(struct view *view, const struct sort_keys *keys, struct segment *segments,
			  size_t count);

#endif
