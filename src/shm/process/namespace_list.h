/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namespace_list: a list of IPC namespaces. */
#ifndef SHM_PROCESS_NAMESPACE_LIST_H
#define SHM_PROCESS_NAMESPACE_LIST_H

#include <stddef.h>

#include "shm/process/namespace.h"
#include "shm/system/intmap.h"

struct namespaces {
	struct namespace *items;
	size_t count;
	size_t capacity;
	size_t hidden; /* this and the next four: see struct scan in scan.h */
	pid_t first_hidden;
	size_t lost;
	pid_t silent;
	bool ended;
	size_t too_many_files;  /* processes with open files that were not examined: ipc_files.h */
	size_t too_many_mounts; /* mount namespaces that were not read to their end: ipc_mounts.h */
	bool with_names;        /* namespaces_find() finds the names, too */
	bool with_limits;       /* namespaces_list() reads the limits, too */
	const struct namespaces *before; /* an earlier list, for namespaces_find(), or NULL */
};

/* The namespace in the list that is the same as ns, or NULL. */
struct namespace *namespaces_get(const struct namespaces *list, const struct namespace *ns);

/*
 * For many of these: makes a map by inode, since all have the same device. It is valid until the
 * list changes; intmap_free() must follow. Returns 0 or ENOMEM.
 */
int namespaces_index(const struct namespaces *list, struct intmap *by_inode);

/*
 * Raises the soft limit on open files to its maximum: each namespace of a list takes one, and
 * there may be more than 1024. Returns the first descriptor that none of them may have.
 */
int namespaces_raise_file_limit(void);

/* Adds an open namespace and takes it over. Returns 0, or ENOMEM after closing it. */
int namespaces_add(struct namespaces *list, struct namespace *ns);

/* Closes and removes from the list the namespaces that others contains. */
void namespaces_subtract(struct namespaces *list, const struct namespaces *others);

/*
 * Adds the namespaces of an earlier list that are not in this list, if their process still exists
 * and is among those that did not answer: lost has a value for its pid. Those without a process are
 * added ten times in a row. They get the error ETIMEDOUT. Returns 0 or ENOMEM.
 */
int namespaces_keep_lost(struct namespaces *list, const struct namespaces *before,
			 const struct intmap *lost);

/* Closes the descriptors of all namespaces; their other members stay valid. */
void namespaces_release(struct namespaces *list);

void namespaces_free(struct namespaces *list);

/* Keeps a copy of the limits in the namespace. Returns 0 or ENOMEM. */
int namespace_set_limits(struct namespace *ns, const struct limits *limits);

#endif
