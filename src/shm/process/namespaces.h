/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namespaces: finds the IPC namespaces of the machine. */
#ifndef SHM_PROCESS_NAMESPACES_H
#define SHM_PROCESS_NAMESPACES_H

#include <stddef.h>

#include "shm/process/namespace.h"
#include "shm/process/scan.h"

struct namespaces {
	struct namespace *items;
	size_t count;
	size_t capacity;
	size_t hidden; /* this and the next three: see struct scan in scan.h */
	pid_t first_hidden;
	size_t lost;
	pid_t silent;
	size_t too_many_files; /* processes with open files that were not examined: ipc_files.h */
	bool with_limits;      /* namespaces_list() reads the limits, too */
	const struct namespaces *before; /* an earlier list, or NULL; only for namespaces_find() */
};

/*
 * Finds the IPC namespaces that have a process or thread in /proc, that such a process
 * holds open, or that are mounted in its mount namespace. A namespace that only a
 * mapping of one of its segments keeps in existence is not found. Each is listed once:
 * first that of this process, then by the lowest process, and last those without
 * processes. Each is kept open, and so in existence, until namespaces_free(); the limit
 * on open files is raised to its maximum for that. Ignores processes that exit during
 * the search. If processes are lost, adds the namespaces of found->before that may be theirs,
 * with the error ETIMEDOUT. losses: see scan.h. Returns 0 or an errno value (ENOENT: no /proc).
 */
int namespaces_find(struct namespaces *found, struct scan_losses *losses);

/*
 * Opens the namespace with this inode, and sets its other members as
 * namespaces_find() does. Returns 0 or an errno value; ENXIO: not found.
 */
int namespaces_open_number(ino_t inode, struct namespace *ns);

/* The namespace in the list that is the same as ns, or NULL. */
struct namespace *namespaces_get(const struct namespaces *list, const struct namespace *ns);

/* Adds an open namespace and takes it over. Returns 0, or ENOMEM after closing it. */
int namespaces_add(struct namespaces *list, struct namespace *ns);

/* Closes and removes from the list the namespaces that others contains. */
void namespaces_subtract(struct namespaces *list, const struct namespaces *others);

/* Closes the descriptors of all namespaces; their other members stay valid. */
void namespaces_release(struct namespaces *list);

void namespaces_free(struct namespaces *list);

#endif
