/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create_options: the options of create, and what it creates. */
#ifndef VERBS_CREATE_OPTIONS_H
#define VERBS_CREATE_OPTIONS_H

#include <sys/types.h>
#include <unistd.h>

#include "shm/segment/segment.h"
#include "verbs/common/input.h"

struct create_options {
	enum { KEY_PRIVATE, KEY_AUTO, KEY_GIVEN } key_kind;
	key_t key;
	int file_error; /* why an ftok path could not be resolved, or 0 */
	const char *key_word;
	uint64_t size;
	bool size_given;
	unsigned short mode;
	uid_t uid;
	bool uid_given;
	gid_t gid;
	bool gid_given;
	bool by_name;   /* the owner or group was given by name */
	bool elsewhere; /* -N: in another namespace */
	const char *file;
	bool reuse;
	bool huge;
	uint64_t huge_size;
	bool no_reserve;
	bool lock;
	bool with_guard;
	const char *format;
	bool verbose;
};

/* What create has created so far, so that it can be undone. */
struct creation {
	const struct create_options *options;
	struct input input;
	int id;
	bool handed_over;       /* the segment has its final owner */
	bool guard_handed_over; /* the guard has its final owner */
	bool created;           /* false: --reuse found an existing segment */
	pid_t creator;          /* the process that created it */
	key_t key;              /* of the segment */
	int guard;              /* the semaphore set that was created, or -1 */
};

/* Whether the segment that now has the id is the new one. */
static inline bool is_created(const struct creation *creation, const struct segment *segment)
{
	return segment->cpid == creation->creator && segment->cuid == geteuid();
}

static inline uint64_t wanted_size(const struct creation *creation)
{
	return creation->options->size_given ? creation->options->size : creation->input.size;
}

#endif
