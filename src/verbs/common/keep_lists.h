/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keep_lists: reads --keep, --keep-file and the default lists, also for other IPC
 * namespaces. The functions report their own errors.
 */
#ifndef VERBS_COMMON_KEEP_LISTS_H
#define VERBS_COMMON_KEEP_LISTS_H

#include "shm/process/namespaces.h"
#include "shm/segment/keep.h"
#include "shm/segment/listing.h"
#include "text/error.h"
#include "text/filter.h"

/*
 * Reads the lists, and moves the entries of --keep to keep. Call it before
 * enter_namespace(), since files and users are those of the caller's namespaces. ns is the
 * value of -N, or NULL. A fault is a warning if nothing_done is NULL. Otherwise it is an
 * error, which ends so: "nothing was removed" or the like.
 */
enum status keep_lists_read(struct keep *keep, struct filter *filter, const char *ns,
			    const char *nothing_done);

/*
 * Finds the keys that the files of the lists have in these namespaces. all has the segments
 * of these namespaces. If finding the keys of a namespace fails, that is a warning. But with
 * nothing_done (see above), it is an error (*missing: see all_namespaces_read()), and the
 * namespace's segments are dropped from all.
 */
enum status keep_files_find(struct namespaces *found, struct listing *all,
			    const struct keep_files *files, const char *nothing_done,
			    struct scan_losses *losses, enum status *missing);

#endif
