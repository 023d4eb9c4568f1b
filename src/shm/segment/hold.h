/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hold: makes sure that a call by id acts on the segment that was looked at.
 *
 * The kernel gives an id to another segment when the first one is removed, and
 * a user can bring that about at a moment that he chooses. Two things prevent
 * that a call after a look then acts on the other segment:
 *
 *   - An attached segment keeps its id: IPC_RMID only marks it, and its place is
 *     free after the last detach (shmctl(2)). So a segment is attached before the last
 *     look. However the process ends, the kernel detaches.
 *   - A process without CAP_SYS_ADMIN can change and remove only the segments of
 *     its own user.
 */
#ifndef SHM_SEGMENT_HOLD_H
#define SHM_SEGMENT_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "shm/segment/segment.h"

/* Where a segment is attached, so that its id stays its own. */
struct hold {
	void *address; /* NULL: it is not held */
	size_t length; /* bytes, whole pages */
};

/*
 * Attaches a segment, read-only. From now on its id means this segment: look at it
 * again. Its last user and atime are those of this process from then on.
 * Returns 0 or an errno value: EINVAL also for a segment that was truncated
 * through its file, ENOMEM also when no more address space or mappings can be
 * had (RLIMIT_AS, vm.max_map_count).
 */
int segment_hold(const struct segment *segment, struct hold *hold);

/* Detaches it, if it is held. A segment that is marked for removal is destroyed then. */
void segment_release(struct hold *hold);

/*
 * The same for many. Those that are next to each other in memory, as they are when they
 * were attached one after the other, are detached together: that takes half the time.
 */
void segments_release(struct hold *holds, size_t count);

/* What act_as() changes. */
struct actor {
	uid_t uid;
	bool privileged;
};

/*
 * The user to act as where a segment cannot be held. Its owner and its creator may
 * both remove it, and let another segment have the id: so they must be one user, or
 * one of them root, who is trusted; and this user, unless privileged
 * (may_control_all()). False: there is no user that is safe to act as.
 */
bool find_actor(const struct segment *segment, bool privileged, uid_t *user);

/*
 * For where a segment cannot be held: from here on calls by id can act only on
 * segments that this user owns or created, until stop_acting(). The process
 * takes his id as its effective one, and gives up CAP_SYS_ADMIN. It does nothing
 * where that capability is not in use. Returns 0 or an errno value.
 */
int act_as(uid_t uid, struct actor *before);
void stop_acting(const struct actor *before);

#endif
