/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/sort.h"

#include <stdlib.h>
#include <string.h>

#include "shm/system/array.h"
#include "text/parse.h"

const char *parse_sort(const char *word, struct sort_keys *keys)
{
	const char *item;
	size_t length;

	keys->count = 0;
	while (next_in_list(&word, &item, &length)) {
		bool descending = *item == '-';
		const struct field *field = find_field(item + descending, length - descending);

		if (!field)
			return no_such_field(item + descending, length - descending);
		if (ARRAY_MAKE_ROOM(keys))
			return out_of_memory;
		keys->items[keys->count++] = (struct sort_key){ field, descending };
	}
	return NULL;
}

unsigned int sort_needs(const struct sort_keys *keys)
{
	unsigned int needs = 0;

	for (size_t i = 0; i < keys->count; i++)
		needs |= keys->items[i].field->needs;
	return needs;
}

/* The context of the comparison. */
struct order {
	struct view *view;
	const struct sort_keys *keys;
};

static int compare_segments(const void *left, const void *right, void *context)
{
	const struct segment *const *a = left;
	const struct segment *const *b = right;
	const struct order *order = context;

	for (size_t i = 0; i < order->keys->count; i++) {
		const struct sort_key *key = &order->keys->items[i];
		struct value left_value = key->field->get(order->view, *a);
		struct value right_value = key->field->get(order->view, *b);
		int sign = compare_values(&left_value, &right_value);

		if (sign)
			return key->descending ? -sign : sign;
	}
	return (*a > *b) - (*a < *b); /* equal: by position in the list */
}

enum status sort_segments(struct view *view, const struct sort_keys *keys, struct segment *segments,
			  size_t count)
{
	struct order order = { view, keys };
	struct segment **pointers;
	struct segment *sorted;

	if (!keys->count || count < 2)
		return STATUS_DONE;
	pointers = calloc(count, sizeof(*pointers));
	sorted = calloc(count, sizeof(*sorted));
	if (!pointers || !sorted) {
		/* GCOVR_EXCL_START: memory.bats has one segment, which is not sorted */
		free(pointers);
		free(sorted);
		return fail(STATUS_EXHAUSTED, "cannot sort the list: not enough memory");
		/* GCOVR_EXCL_STOP */
	}
	for (size_t i = 0; i < count; i++)
		pointers[i] = &segments[i];
	qsort_r(pointers, count, sizeof(*pointers), compare_segments, &order);
	for (size_t i = 0; i < count; i++)
		sorted[i] = *pointers[i];
	memcpy(segments, sorted, count * sizeof(*segments));
	free(pointers);
	free(sorted);
	return STATUS_DONE;
}
