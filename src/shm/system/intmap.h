/* SPDX-License-Identifier: GPL-2.0-or-later */
/* intmap: a map from 32 bit numbers (pids, uids, gids) to what is known of them. */
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

/* The value of this key, or NULL. */
void *intmap_get(const struct intmap *map, uint32_t key);

/* Sets the value (not NULL) of a key that is not in the map. 0 or ENOMEM. */
int intmap_add(struct intmap *map, uint32_t key, void *value);

/* Ends the map, and each value by release (free(3), say); NULL: they are not its own. */
void intmap_free(struct intmap *map, void (*release)(void *value));

#endif
