/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control: the System V calls on one segment. All functions return 0 or an
 * errno value; a segment that is not there is EINVAL or EIDRM, which
 * segment_missing() tells (shmctl(2)).
 */
#ifndef SHM_SEGMENT_CONTROL_H
#define SHM_SEGMENT_CONTROL_H

#include <errno.h>

#include "shm/segment/segment.h"

/* Whether an error of a call by id says that there is no such segment. */
static inline bool segment_missing(int error)
{
	return error == EINVAL || error == EIDRM;
}

/*
 * Whether no segment has this id, in one call; that one is there says nothing
 * about which.
 */
bool segment_is_gone(int id);

/*
 * Looks at the segment with this id, without need of any right and without
 * leaving a trace (SHM_STAT_ANY, Linux 4.17). Where that is not known (RHEL 7,
 * gVisor, qemu-user) or is refused: by IPC_STAT, which takes the right to read;
 * EACCES is then a segment that is there (listing_look() finds it in the list).
 * rss and swap stay unknown. Of a size a 32-bit program gets the low 32 bits.
 */
int segment_look(int id, struct segment *segment);

/* The same by the kernel's index, for walking over all segments. */
int segment_at_index(int index, struct segment *segment);

/*
 * Whether two looks by one id saw one segment: an id may be that of another by
 * the second (its slot used again; kernel.shm_next_id gives any id at once).
 * One that was marked meanwhile has lost its key.
 */
bool segment_is_same(const struct segment *before, const struct segment *after);

/* The id of the segment with this key. ENOENT: there is none. */
int segment_by_key(key_t key, int *id);

/* Owner, group and mode of a segment, all set at once (IPC_SET). */
struct segment_rights {
	uid_t uid;
	gid_t gid;
	unsigned short mode;
};

/*
 * EOVERFLOW: the user or group is not mapped in our user namespace; the kernel
 * itself says EINVAL to that.
 */
int segment_set_rights(int id, const struct segment_rights *rights);

/*
 * Whether we cannot know who owns the segment: in a user namespace all that is
 * not mapped shows as the overflow user (65534), and setting that back would
 * give the segment away.
 */
bool owner_is_unknown(const struct segment *segment);

/*
 * Whether we may change and remove the segments of any user in this IPC namespace
 * (CAP_SYS_ADMIN), so that a call by id could hit those of others.
 */
bool may_control_all(void);

/*
 * Whether we may change and remove the segment: as its owner, its creator, or
 * with CAP_SYS_ADMIN.
 */
bool may_control(const struct segment *segment);

/* The same for anything of System V with this owner and creator. */
bool may_control_of(uid_t uid, uid_t cuid);

/* Whether we may attach the segment for reading: by its mode, or with CAP_IPC_OWNER. */
bool may_attach(const struct segment *segment);

/*
 * Whether we may lock and unlock it, as far as its owner goes, or with
 * CAP_IPC_LOCK; RLIMIT_MEMLOCK may still be in the way.
 */
bool may_lock(const struct segment *segment);

/*
 * What takes the kernel's index from an id, in its low bits: 15 of them, or 24
 * with the boot option ipcmni_extend. Which it is shows only in the answer.
 */
enum { IPC_INDEX_MASKS = 2 };
extern const int ipc_index_masks[IPC_INDEX_MASKS];

/* Locks the segment into memory, or unlocks it (SHM_LOCK, SHM_UNLOCK). */
int segment_set_lock(int id, bool lock);

/*
 * Marks the segment for removal (IPC_RMID): without looking who has it. The
 * careful way is reclaim().
 */
int segment_remove(int id);

/*
 * Attaches the segment (shmat with these flags) at an address, or where the
 * kernel likes when it is NULL.
 */
int segment_attach(int id, void *address, int flags, void **attached);

/*
 * Whether kernel.shm_rmid_forced is 1 in this IPC namespace: a segment is
 * then destroyed with its last detach, or with its creator's end.
 */
bool removal_is_forced(void);

/*
 * Whether to attach and detach the segment would destroy it: no process has it
 * attached, and removal is forced. One that is marked is destroyed anyway.
 */
bool detach_destroys(const struct segment *segment);

#endif
