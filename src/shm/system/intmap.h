/* SPDX-License-Identifier: GPL-2.0-or-later */
/* intmap: a hash map from 32-bit numbers (pids, uids, gids) to pointers. */
#ifndef SHM_SYSTEM_INTMAP_H
#define SHM_SYSTEM_INTMAP_H

#include <stddef.h>
#include <stdint.h>

struct intmap {
	struct intmap_slot {
		void *value; /* NULL: the slot is free */
		uint32_t key;
	} * slots;
	size_t capacity; /* 0 or a power of two */
	size_t count;
};

/* Returns the value of this key, or NULL. */
void *intmap_get(const struct intmap *map, uint32_t key);

/* Adds a key that is not in the map, with a value that is not NULL. Returns 0 or ENOMEM. */
int intmap_add(struct intmap *map, uint32_t key, void *value);

/* Frees the map, and each value by release() unless release is NULL. */
void intmap_free(struct intmap *map, void (*release)(void *value));

#endif
