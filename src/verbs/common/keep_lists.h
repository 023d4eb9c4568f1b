/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keep_lists: what --keep, --keep-file and the default lists keep, also in other
 * IPC namespaces. Reports its own errors.
 */
#ifndef VERBS_COMMON_KEEP_LISTS_H
#define VERBS_COMMON_KEEP_LISTS_H

#include "shm/process/namespaces.h"
#include "shm/segment/keep.h"
#include "shm/segment/listing.h"
#include "text/error.h"
#include "text/filter.h"

/*
 * Reads the lists, and takes over what --keep gave: before enter_namespace(),
 * since files and users are those that we see. ns is the namespace of -N, or
 * NULL. A fault stops a removal; otherwise it is a warning.
 */
enum status keep_lists_read(struct keep *keep, struct filter *filter, const char *ns,
			    bool is_removal);

/*
 * Finds the keys that the files of the lists have in these namespaces, whose
 * segments all lists. For a removal, the segments of a namespace where that fails
 * are taken out of it, and it is an error: *missing, and *missing_at as in
 * all_namespaces_read().
 */
enum status keep_files_find(struct namespaces *found, struct listing *all,
			    const struct keep_files *files, bool is_removal,
			    struct scan_losses *losses, enum status *missing, size_t *missing_at);

#endif
