/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identities: finds out which mappings are of the same file, and opens that file.
 * Uses /proc/PID/map_files, which requires CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN
 * in the initial user namespace.
 */
#ifndef SHM_PROCESS_IDENTITIES_H
#define SHM_PROCESS_IDENTITIES_H

#include "shm/process/mappings.h"

/*
 * How many mappings to identify at most, since each takes 20 microseconds, and any user can have
 * millions. A process can have about as many (vm.max_map_count).
 */
enum { IDENTITIES_MOST = 65536 };

/*
 * Sets identity, bytes and creator of each of these mappings, or else error (ENOENT: it is no
 * longer mapped). Identities of one call can be compared. Sorts the array by process. fds
 * is NULL, or an array of count descriptors: the first mapping with each identity gets
 * one, opened with these flags of open(2), which the caller closes; all others get -1.
 * Returns 0 or an errno value.
 */
int identities_find(struct holder **holders, size_t count, int flags, int *fds,
		    struct scan_losses *losses);

/* Whether a mapping is known to exist no longer. */
bool identity_is_gone(const struct holder *holder);

#endif
