/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keep: the keep list, which names segments that are wanted even while unattached. */
#ifndef SHM_SEGMENT_KEEP_H
#define SHM_SEGMENT_KEEP_H

#include "shm/segment/segment.h"
#include "shm/system/intmap.h"

/* A file whose key (ftok.h) is kept, also in other IPC namespaces (namespace_keys.h). */
struct keep_file {
	uint64_t project;
	char *path;
};

struct keep {
	struct intmap keys;
	struct intmap creators;
	struct keep_files {
		struct keep_file *items;
		size_t count;
		size_t capacity;
	} files;
};

/* Add an entry to the list. They return 0 or ENOMEM. */
int keep_add_key(struct keep *keep, key_t key);
int keep_add_creator(struct keep *keep, uid_t uid);
int keep_add_file(struct keep *keep, uint64_t project, const char *path);

/* Whether the list names the segment: by its key or its creator; by its key. */
bool keep_names(const struct keep *keep, const struct segment *segment);
bool keep_names_key(const struct keep *keep, const struct segment *segment);

void keep_free(struct keep *keep);

#endif
