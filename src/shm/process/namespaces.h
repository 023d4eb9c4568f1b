/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namespaces: every IPC namespace of the machine that can be found. */
#ifndef SHM_PROCESS_NAMESPACES_H
#define SHM_PROCESS_NAMESPACES_H

#include <stddef.h>

#include "shm/process/namespace.h"

struct namespaces {
	struct namespace *items;
	size_t count;
	size_t capacity;
	size_t hidden; /* processes that we may not ask where they live */
};

/*
 * Finds those in which a process or a thread lives that is visible in our
 * /proc, and those that are mounted in our mount namespace or in that of such
 * a process (before Linux 5.12: in ours only). Not found are those that only
 * an open file or a mapping keeps. Each is there once: our own first, then by
 * the lowest process, and last what is only mounted. Each is kept from ending
 * until namespaces_free(), for which the limit on open files is raised as far
 * as it goes. Processes that end meanwhile are no error. Returns 0 or an errno
 * value (ENOENT: there is no /proc).
 */
int namespaces_find(struct namespaces *found);

/* The one that is the same, or NULL. */
struct namespace *namespaces_get(const struct namespaces *list, const struct namespace *ns);

/* Takes over an open one. Returns 0 or ENOMEM; then it is closed. */
int namespaces_add(struct namespaces *list, struct namespace *ns);

/* Takes out of the list, and closes, those that are in the other one, too. */
void namespaces_subtract(struct namespaces *list, const struct namespaces *others);

void namespaces_free(struct namespaces *list);

#endif
