/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/keep.h"

#include <errno.h>
#include <stdlib.h>

int keep_add_key(struct keep *keep, key_t key)
{
	key_t *keys = reallocarray(keep->keys, keep->key_count + 1, sizeof(*keys));

	if (!keys)
		return ENOMEM;
	keep->keys = keys;
	keep->keys[keep->key_count++] = key;
	return 0;
}

int keep_add_creator(struct keep *keep, uid_t uid)
{
	uid_t *creators = reallocarray(keep->creators, keep->creator_count + 1, sizeof(*creators));

	if (!creators)
		return ENOMEM;
	keep->creators = creators;
	keep->creators[keep->creator_count++] = uid;
	return 0;
}

bool keep_names_key(const struct keep *keep, const struct segment *segment)
{
	/* key 0 is never in the list: it names nothing */
	for (size_t i = 0; i < keep->key_count; i++) {
		if (keep->keys[i] == segment->key)
			return true;
	}
	return false;
}

bool keep_names_creator(const struct keep *keep, const struct segment *segment)
{
	for (size_t i = 0; i < keep->creator_count; i++) {
		if (keep->creators[i] == segment->cuid)
			return true;
	}
	return false;
}

bool keep_names(const struct keep *keep, const struct segment *segment)
{
	return keep_names_key(keep, segment) || keep_names_creator(keep, segment);
}

void keep_free(struct keep *keep)
{
	free(keep->keys);
	free(keep->creators);
	*keep = (struct keep){ 0 };
}
