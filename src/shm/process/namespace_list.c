/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/namespace_list.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "shm/process/procfs.h"
#include "shm/segment/limits.h"
#include "shm/system/array.h"

struct namespace *namespaces_get(const struct namespaces *list, const struct namespace *ns)
{
	for (size_t i = 0; i < list->count; i++) {
		if (namespace_same(&list->items[i], ns))
			return &list->items[i];
	}
	return NULL;
}

int namespaces_index(const struct namespaces *list, struct intmap *by_inode)
{
	int error = 0;

	*by_inode = (struct intmap){ 0 };
	for (size_t i = 0; i < list->count && !error; i++)
		error = intmap_add(by_inode, (uint32_t)list->items[i].inode, &list->items[i]);
	return error;
}

/* Open files that are left for everything else. */
enum { FILES_LEFT = 16 };

int namespaces_raise_file_limit(void)
{
	struct rlimit limit;
	rlim_t left;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return INT_MAX;
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ limit.rlim_max, limit.rlim_max });
	/* a sandbox may refuse that */
	getrlimit(RLIMIT_NOFILE, &limit);
	left = limit.rlim_cur / 2 < FILES_LEFT ? limit.rlim_cur / 2 : FILES_LEFT;
	return limit.rlim_cur < INT_MAX ? (int)(limit.rlim_cur - left) : INT_MAX;
}

int namespaces_add(struct namespaces *list, struct namespace *ns)
{
	if (ARRAY_MAKE_ROOM(list)) {
		namespace_close(ns);
		return ENOMEM;
	}
	list->items[list->count++] = *ns;
	return 0;
}

void namespaces_subtract(struct namespaces *list, const struct namespaces *others)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (namespaces_get(others, &list->items[i]))
			namespace_close(&list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

/*
 * In so many lists in a row, a namespace without a process is kept although it was not found: its
 * user can remove one after another while the lists stay incomplete.
 */
enum { KEPT_MOST = 10 };

int namespaces_keep_lost(struct namespaces *list, const struct namespaces *before,
			 const struct intmap *lost)
{
	struct intmap found = { 0 };
	int error = namespaces_index(list, &found);

	for (size_t i = 0; i < before->count && !error; i++) {
		const struct namespace *ns = &before->items[i];
		const bool has_process = ns->pid && !ns->thread;
		struct namespace copy;

		if (intmap_get(&found, (uint32_t)ns->inode))
			continue;
		/* one that was looked at is in another namespace now, or has exited */
		if (has_process &&
		    (!intmap_get(lost, (uint32_t)ns->pid) || process_user(ns->pid) == (uid_t)-1))
			continue;
		if (!has_process && ns->missed == KEPT_MOST)
			continue;
		error = namespace_copy_unopened(ns, ETIMEDOUT, &copy);
		copy.missed++;
		if (!error)
			error = namespaces_add(list, &copy);
	}
	intmap_free(&found, NULL);
	return error;
}

void namespaces_release(struct namespaces *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].fd >= 0)
			close(list->items[i].fd);
		list->items[i].fd = -1;
	}
}

void namespaces_free(struct namespaces *list)
{
	for (size_t i = 0; i < list->count; i++)
		namespace_close(&list->items[i]);
	free(list->items);
	*list = (struct namespaces){ 0 };
}

int namespace_set_limits(struct namespace *ns, const struct limits *limits)
{
	if (!ns->limits)
		ns->limits = malloc(sizeof(*ns->limits));
	if (!ns->limits)
		return ENOMEM;
	*ns->limits = *limits;
	return 0;
}
