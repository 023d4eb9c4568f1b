/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/system/intmap.h"

#include <errno.h>
#include <stdlib.h>

/* The slot of this key, or the free one where it belongs. */
static struct intmap_slot *find_slot(const struct intmap *map, uint32_t key)
{
	/* multiplicative hashing: the high bits are mixed best */
	size_t at = (key * 0x9e3779b1U) >> 7;

	for (;; at++) {
		struct intmap_slot *slot = &map->slots[at & (map->capacity - 1)];

		if (!slot->value || slot->key == key)
			return slot;
	}
}

void *intmap_get(const struct intmap *map, uint32_t key)
{
	return map->capacity ? find_slot(map, key)->value : NULL;
}

static int grow(struct intmap *map)
{
	struct intmap larger = { .capacity = map->capacity ? map->capacity * 2 : 64 };

	larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
	if (!larger.slots)
		return ENOMEM;
	for (size_t i = 0; i < map->capacity; i++) {
		if (map->slots[i].value)
			*find_slot(&larger, map->slots[i].key) = map->slots[i];
	}
	larger.count = map->count;
	free(map->slots);
	*map = larger;
	return 0;
}

int intmap_add(struct intmap *map, uint32_t key, void *value)
{
	struct intmap_slot *slot;

	if (map->count * 2 >= map->capacity && grow(map))
		return ENOMEM;
	slot = find_slot(map, key);
	slot->key = key;
	slot->value = value;
	map->count++;
	return 0;
}

void intmap_free(struct intmap *map, void (*release)(void *value))
{
	for (size_t i = 0; release && i < map->capacity; i++) {
		if (map->slots[i].value)
			release(map->slots[i].value);
	}
	free(map->slots);
	*map = (struct intmap){ 0 };
}
