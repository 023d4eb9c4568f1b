/* SPDX-License-Identifier: GPL-2.0-or-later */
/* changes: what happened to segments between two looks. */
#ifndef SHM_SEGMENT_CHANGES_H
#define SHM_SEGMENT_CHANGES_H

#include "shm/segment/listing.h"

enum change {
	CHANGE_CREATED,
	CHANGE_REMOVED,
	CHANGE_MARKED, /* for removal with its last detach */
	CHANGE_ATTACHED,
	CHANGE_DETACHED,
	CHANGE_OTHER, /* of owner, group, mode or lock */
	CHANGE_COUNT,
};

/*
 * Calls happened for each change, in this order: segments that are no longer
 * there, as they were before; then those of the list after, as they are now,
 * each with its changes in the order above. One that was attached and detached
 * in between shows by its times and its last user, and so as both; what
 * happened more than once is told once. Returns 0 or ENOMEM.
 */
int changes_between(const struct listing *before, const struct listing *after,
		    void (*happened)(void *context, enum change change,
				     const struct segment *segment),
		    void *context);

#endif
