/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control: the System V calls on one segment. Functions that return int return 0 or an
 * errno value. If the segment does not exist, that is EINVAL or EIDRM
 * (segment_missing()).
 */
#ifndef SHM_SEGMENT_CONTROL_H
#define SHM_SEGMENT_CONTROL_H

#include <errno.h>

#include "shm/segment/segment.h"

/* Whether an error of a call by id means that there is no such segment (shmctl(2)). */
static inline bool segment_missing(int error)
{
	return error == EINVAL || error == EIDRM;
}

/*
 * Whether no segment has this id. Uses a single system call. If false, the id may
 * belong to any segment (segment_is_same()).
 */
bool segment_is_gone(int id);

/*
 * Reads the data of the segment with this id. That requires no permission and leaves no
 * trace (SHM_STAT_ANY, Linux 4.17). If SHM_STAT_ANY is missing (RHEL 7, gVisor,
 * qemu-user) or refused, uses IPC_STAT, which requires read permission; EACCES then
 * means that the segment exists (listing_look() finds it in the list). rss and swap
 * stay unknown. A 32-bit program gets only the low 32 bits of size.
 */
int segment_look(int id, struct segment *segment);

/* Reads the data of the segment at an index of the kernel, for listing all segments. */
int segment_at_index(int index, struct segment *segment);

/*
 * Whether two calls of segment_look() with the same id returned the same segment. The
 * kernel may have given the id to another one in between, when it used the slot again
 * or because of kernel.shm_next_id. A key that is lost does not count as a difference:
 * the segment was marked for removal. Segments of the same size that one process created
 * cannot be distinguished, nor those of one user where pids are not known (0: a process of
 * another PID namespace). So where their owners can differ, compare these, too.
 */
bool segment_is_same(const struct segment *before, const struct segment *after);
bool segment_has_same_owner(const struct segment *before, const struct segment *after);

/*
 * Checks that a segment which was attached after this look is the same one. Returns 0; EIDRM if
 * its id belongs to another segment; ESTALE if that may be, since its owner is another one.
 */
int segment_look_again(const struct segment *before, struct segment *now);

/* Whether the segment has been removed, or marked for removal, since this look. */
bool segment_removed_since(const struct segment *before);

/* Which last user this process has overwritten by attaching a segment that it had looked at. */
enum trace {
	TRACE_NONE,    /* none that matters: another segment has the id, and has lost none */
	TRACE_LISTED,  /* the one that the look showed */
	TRACE_UNKNOWN, /* another process: it detached the segment after the look */
	TRACE_OTHER,   /* that of another segment, which has the id now */
};

/* before: the look before shmat(2); now: one after it. */
enum trace segment_trace(const struct segment *before, const struct segment *now);

/*
 * Whether attaching a segment, which was looked at after that, has overwritten its last user:
 * another process has detached it before, and none has it attached.
 */
static inline bool segment_lost_user(const struct segment *now)
{
	return now->dtime && now->nattch <= 1;
}

/* Finds the id of the segment with this key. ENOENT: there is none. */
int segment_by_key(key_t key, int *id);

/* Owner, group and mode, which IPC_SET sets together. */
struct segment_rights {
	uid_t uid;
	gid_t gid;
	unsigned short mode;
};

/*
 * Sets owner, group and mode of a segment. EOVERFLOW: the user or group is not mapped in
 * this user namespace (for which the kernel returns EINVAL).
 */
int segment_set_rights(int id, const struct segment_rights *rights);

/*
 * Whether this number may stand for another user: in a user namespace, every unmapped user
 * appears as the overflow user (65534).
 */
bool user_is_unknown(uid_t uid);

/*
 * Opens the files that user_is_unknown() and owner_is_unknown() read, for a process that must not
 * wait later: a user can make the first look at a file in a directory wait forever, by locking the
 * directory (shmtool-security(7)).
 */
void users_look_up(void);

/*
 * Whether the names of users on this machine stand for other users than those of this user
 * namespace: if the owner of / or of /etc/passwd is not mapped, as under unshare -r and podman
 * unshare.
 */
bool users_are_foreign(void);

/*
 * Whether the owner or group of the segment cannot be known. Passing the number that is shown
 * for it to IPC_SET would change the owner or group.
 */
bool owner_is_unknown(const struct segment *segment);

/*
 * Whether this process may change and remove the segments of any user in this IPC
 * namespace (CAP_SYS_ADMIN). Then a call by id could act on another user's segment.
 */
bool may_control_all(void);

/* Whether this process may lock all segments of its IPC namespace (CAP_IPC_LOCK). */
bool may_lock_all(void);

/*
 * Whether this process may change and remove the segment: as its owner, as its
 * creator, or with CAP_SYS_ADMIN.
 */
bool may_control(const struct segment *segment);

/* As may_control(), for any System V object with this owner and creator. */
bool may_control_of(uid_t uid, uid_t cuid);

/* Whether this process may attach the segment for reading: by its mode, or with CAP_IPC_OWNER. */
bool may_attach(const struct segment *segment);

/*
 * Whether this process may lock and unlock the segment: as its owner or creator, or with
 * CAP_IPC_LOCK. RLIMIT_MEMLOCK is not checked.
 */
bool may_lock(const struct segment *segment);

/*
 * Masks for the kernel's index in an id. It is in the low 15 bits, or in the low 24 bits
 * if the kernel was booted with ipcmni_extend. Both must be tried.
 */
enum { IPC_INDEX_MASKS = 2 };
extern const int ipc_index_masks[IPC_INDEX_MASKS];

/* Locks the segment in memory, or unlocks it (SHM_LOCK, SHM_UNLOCK). */
int segment_set_lock(int id, bool lock);

/*
 * Marks the segment for removal (IPC_RMID), whether it is attached or not. reclaim()
 * removes a segment only if it is unused.
 */
int segment_remove(int id);

/*
 * Attaches the segment (shmat(2) with these flags) at this address; NULL: at an address
 * that the kernel chooses.
 */
int segment_attach(int id, void *address, int flags, void **attached);

/*
 * Whether kernel.shm_rmid_forced is 1 in this IPC namespace. Then a segment is destroyed
 * at its last detach, or when its creator exits while it is unattached.
 */
bool removal_is_forced(void);

/*
 * Whether attaching and detaching the segment would destroy it, or another one that has got its
 * id: it is unattached now, or cannot be looked at, and removal is forced. False if it is marked
 * for removal, since it is destroyed anyway, and if there is none.
 */
bool detach_destroys(const struct segment *segment);

#endif
