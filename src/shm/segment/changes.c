/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/changes.h"

#include "shm/segment/control.h"
#include "shm/system/intmap.h"

/* What happened to a segment that is in both lists, as a bit for each change. */
static unsigned int changes_of(const struct segment *before, const struct segment *after)
{
	bool marked = after->dest && !before->dest;
	bool attached = after->nattch > before->nattch || after->atime != before->atime;
	bool detached = after->nattch < before->nattch || after->dtime != before->dtime;
	bool other = after->uid != before->uid || after->gid != before->gid ||
		     after->mode != before->mode || after->locked != before->locked ||
		     after->ctime != before->ctime;

	/* times are whole seconds: within one second, only a new last user shows it */
	if (!attached && !detached && after->lpid != before->lpid)
		attached = detached = true;
	return (unsigned int)marked << CHANGE_MARKED | (unsigned int)attached << CHANGE_ATTACHED |
	       (unsigned int)detached << CHANGE_DETACHED | (unsigned int)other << CHANGE_OTHER;
}

int changes_between(const struct listing *before, const struct listing *after,
		    void (*happened)(void *context, enum change change,
				     const struct segment *segment),
		    void *context)
{
	struct intmap old;
	struct intmap new;
	int error = listing_index(before, &old);
	int new_error = listing_index(after, &new);

	for (size_t i = 0; i < before->count && !error && !new_error; i++) {
		const struct segment *now = intmap_get(&new, (uint32_t)before->items[i].id);

		if (!now || !segment_is_same(&before->items[i], now))
			happened(context, CHANGE_REMOVED, &before->items[i]);
	}
	for (size_t i = 0; i < after->count && !error && !new_error; i++) {
		const struct segment *segment = &after->items[i];
		const struct segment *was = intmap_get(&old, (uint32_t)segment->id);
		unsigned int changes = 1U << CHANGE_CREATED;

		if (was && segment_is_same(was, segment))
			changes = changes_of(was, segment);
		for (unsigned int change = 0; change < CHANGE_COUNT; change++) {
			if (changes & 1U << change)
				happened(context, (enum change)change, segment);
		}
	}
	intmap_free(&old, NULL);
	intmap_free(&new, NULL);
	return error ? error : new_error;
}
