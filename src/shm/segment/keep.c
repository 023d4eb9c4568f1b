/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/keep.h"

#include <string.h>

#include "shm/process/namespace.h"
#include "shm/segment/control.h"
#include "shm/system/array.h"

/* The value of every entry in the maps, which are used as sets. */
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

/* gcc -fanalyzer of GCC 12 loses track of the items (array.h). keep_free() frees them. */
#if defined(__GNUC__) && __GNUC__ >= 10 && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
int keep_add_file(struct keep *keep, uint64_t project, const char *path)
{
	struct keep_files *files = &keep->files;
	struct keep_file *file;

	if (ARRAY_MAKE_ROOM(files))
		return ENOMEM;
	file = &files->items[files->count];
	*file = (struct keep_file){ .project = project, .path = strdup(path) };
	if (!file->path)
		return ENOMEM;
	files->count++;
	return 0;
}
#if defined(__GNUC__) && __GNUC__ >= 10 && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

bool keep_names_key(const struct keep *keep, const struct segment *segment)
{
	const struct namespace *ns = segment->ns;

	/* key 0 (IPC_PRIVATE) names no segment, so it is never in the list */
	if (intmap_get(&keep->keys, (uint32_t)segment->key))
		return true;
	for (size_t i = 0; ns && i < ns->kept.count; i++) {
		if (ns->kept.items[i] == segment->key)
			return true;
	}
	return false;
}

static bool names_creator(const struct keep *keep, const struct segment *segment)
{
	return intmap_get(&keep->creators, segment->cuid) ||
	       /* it may be any of them */
	       (keep->creators.count && user_is_unknown(segment->cuid));
}

bool keep_names(const struct keep *keep, const struct segment *segment)
{
	return keep_names_key(keep, segment) || names_creator(keep, segment);
}

void keep_free(struct keep *keep)
{
	intmap_free(&keep->keys, NULL);
	intmap_free(&keep->creators, NULL);
	for (size_t i = 0; i < keep->files.count; i++)
		free(keep->files.items[i].path);
	free(keep->files.items);
}
