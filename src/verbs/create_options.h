/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create_options: what the user asked create for, and what is being made. */
#ifndef VERBS_CREATE_OPTIONS_H
#define VERBS_CREATE_OPTIONS_H

#include <sys/types.h>

#include "verbs/common/input.h"

struct create_options {
	enum { KEY_PRIVATE, KEY_AUTO, KEY_GIVEN } key_kind;
	key_t key;
	int file_error; /* of an ftok path */
	const char *key_word;
	uint64_t size;
	bool size_given;
	unsigned short mode;
	uid_t uid;
	bool uid_given;
	gid_t gid;
	bool gid_given;
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

/* What is being made, so that it can be undone. */
struct creation {
	const struct create_options *options;
	struct input input;
	int id;
	bool handed_over;       /* its owner is another user, */
	bool guard_handed_over; /* and that of the guard */
	bool created;           /* and not just found, with --reuse */
	key_t key;              /* of what was created */
	int guard;              /* the semaphore set that was made, or -1 */
};

static inline uint64_t wanted_size(const struct creation *creation)
{
	return creation->options->size_given ? creation->options->size : creation->input.size;
}

#endif
