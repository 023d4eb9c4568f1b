/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/rm_order.h"

#include <stdlib.h>
#include <string.h>

struct namespace_owner owner_of_place(const struct namespace *ns, const struct namespace *home)
{
	struct namespace_owner owner = { 0 };

	if (!namespace_same(ns, home)) {
		owner = namespace_owner(ns);
		owner.owner++;
	}
	return owner;
}

/* The segments of one namespace, which follow each other in the list. */
struct run {
	struct namespace_owner owner;
	size_t first;
	size_t count;
};

static int compare_runs(const void *a, const void *b)
{
	const struct run *first = a;
	const struct run *second = b;

	if (first->owner.owner != second->owner.owner)
		return first->owner.owner < second->owner.owner ? -1 : 1;
	if (first->owner.users != second->owner.users)
		return first->owner.users < second->owner.users ? -1 : 1;
	return first->first < second->first ? -1 : first->first > second->first;
}

void sort_by_owner(struct listing *list, const struct namespace *home)
{
	struct run *runs = calloc(list->count, sizeof(*runs));
	struct segment *sorted = calloc(list->count, sizeof(*sorted));
	size_t count = 0;
	size_t at = 0;

	for (size_t i = 0; i < list->count && runs && sorted; i++) {
		if (!i || list->items[i].ns != list->items[i - 1].ns)
			runs[count++] =
				(struct run){ owner_of_place(list->items[i].ns, home), i, 0 };
		runs[count - 1].count++;
	}
	if (count)
		qsort(runs, count, sizeof(*runs), compare_runs);
	for (size_t i = 0; i < count; at += runs[i++].count)
		memcpy(sorted + at, list->items + runs[i].first, runs[i].count * sizeof(*sorted));
	if (count)
		memcpy(list->items, sorted, list->count * sizeof(*sorted));
	free(sorted);
	free(runs);
}
