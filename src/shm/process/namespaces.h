/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namespaces: every IPC namespace of the machine that can be found. */
#ifndef SHM_PROCESS_NAMESPACES_H
#define SHM_PROCESS_NAMESPACES_H

#include <stddef.h>

#include "shm/process/namespace.h"
#include "shm/process/scan.h"

struct namespaces {
	struct namespace *items;
	size_t count;
	size_t capacity;
	size_t hidden; /* these three are as in scan.h */
	size_t lost;
	pid_t silent;
};

/*
 * Finds those in which a process or a thread of /proc lives, which such a process
 * holds open, or which are mounted in its mount namespace; not those that only a
 * mapping keeps. Each is there once: our own first, then by the lowest process,
 * and last those in which none lives. Each is kept from ending until
 * namespaces_free(), for which the limit on open files is raised as far as it
 * goes. Processes that exit during the search are no error. losses: see scan.h.
 * Returns 0 or an errno value (ENOENT: there is no /proc).
 */
int namespaces_find(struct namespaces *found, struct scan_losses *losses);

/*
 * Opens the one with this number (inode), and names it as namespaces_find() does.
 * Returns 0 or an errno value; ENXIO: it is not found.
 */
int namespaces_open_number(ino_t inode, struct namespace *ns);

/* The one that is the same, or NULL. */
struct namespace *namespaces_get(const struct namespaces *list, const struct namespace *ns);

/* Takes over an open one. Returns 0 or ENOMEM; then it is closed. */
int namespaces_add(struct namespaces *list, struct namespace *ns);

/* Takes out of the list, and closes, those that are in the other one, too. */
void namespaces_subtract(struct namespaces *list, const struct namespaces *others);

/* Lets them end, and keeps what is known of them. */
void namespaces_release(struct namespaces *list);

void namespaces_free(struct namespaces *list);

#endif
