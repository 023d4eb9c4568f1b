/* SPDX-License-Identifier: GPL-2.0-or-later */
/* changes: what happened to segments between two lists. */
#ifndef SHM_SEGMENT_CHANGES_H
#define SHM_SEGMENT_CHANGES_H

#include "shm/segment/listing.h"

enum change {
	CHANGE_CREATED,
	CHANGE_REMOVED,
	CHANGE_MARKED, /* for removal at its last detach */
	CHANGE_ATTACHED,
	CHANGE_DETACHED,
	CHANGE_OTHER, /* of owner, group, mode or lock */
	CHANGE_COUNT,
};

/*
 * Calls happened() for each change. First come the segments that no longer exist, with
 * their data from the list before; then the others in the order of the list after, with
 * their new data, and the changes of each in the order of the enum. A segment that was
 * both attached and detached between the lists is recognized by its times and its last
 * user, and reported with both changes. A change that happened several times is
 * reported once. Returns 0 or ENOMEM.
 */
int changes_between(const struct listing *before, const struct listing *after,
		    void (*happened)(void *context, enum change change,
				     const struct segment *segment),
		    void *context);

#endif
