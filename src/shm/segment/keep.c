/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/keep.h"

/* What is in the maps of a list: that a number is there is all that they tell. */
static char there;

static int add(struct intmap *map, uint32_t number)
{
	return intmap_get(map, number) ? 0 : intmap_add(map, number, &there);
}

int keep_add_key(struct keep *keep, key_t key)
{
	return add(&keep->keys, (uint32_t)key);
}

int keep_add_creator(struct keep *keep, uid_t uid)
{
	return add(&keep->creators, uid);
}

bool keep_names_key(const struct keep *keep, const struct segment *segment)
{
	/* key 0 is never in the list: it names nothing */
	return intmap_get(&keep->keys, (uint32_t)segment->key);
}

bool keep_names_creator(const struct keep *keep, const struct segment *segment)
{
	return intmap_get(&keep->creators, segment->cuid);
}

bool keep_names(const struct keep *keep, const struct segment *segment)
{
	return keep_names_key(keep, segment) || keep_names_creator(keep, segment);
}

void keep_free(struct keep *keep)
{
	intmap_free(&keep->keys, NULL);
	intmap_free(&keep->creators, NULL);
}
