/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identities: which mappings are of one file, and that file itself, through
 * /proc/PID/map_files: for those with CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN in
 * the first user namespace.
 */
#ifndef SHM_PROCESS_IDENTITIES_H
#define SHM_PROCESS_IDENTITIES_H

#include "shm/process/mappings.h"

/* All zero at first. Identities of one of these can be compared. */
struct identities {
	int inotify; /* tells inodes apart; 0: not opened yet */
};

/*
 * Sets the identity and bytes of each of these, or its error (ENOENT: it is not
 * mapped any more); they are to be sorted by process. fds: NULL, or in it a
 * descriptor that is opened with these flags of open(2), or -1, for each that is
 * the first with its identity, and -1 for the others; they are the caller's.
 * Returns 0 or an errno value.
 */
int identities_find(struct identities *identities, struct holder **holders, size_t count, int flags,
		    int *fds, struct scan_losses *losses);

/* Whether a mapping is known not to be there any more. */
bool identity_is_gone(const struct holder *holder);

void identities_free(struct identities *identities);

#endif
