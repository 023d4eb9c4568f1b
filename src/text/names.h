/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names: names of users and groups, each looked up once. */
#ifndef TEXT_NAMES_H
#define TEXT_NAMES_H

#include <stdbool.h>
#include <sys/types.h>

#include "shm/system/intmap.h"

struct names {
	struct intmap users;
	struct intmap groups;
	bool lacks_memory; /* some could not be looked up or kept */
};

/* The name, or the number as text where there is none. Valid until names_free(). */
const char *name_of_user(struct names *names, uid_t uid);
const char *name_of_group(struct names *names, gid_t gid);

void names_free(struct names *names);

#endif
