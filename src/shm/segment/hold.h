/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hold: makes sure that a call by id acts on the segment that was checked.
 *
 * When a segment is removed, the kernel can reuse its id for another one, and a hostile
 * user can choose that moment. There are two ways to prevent that a call acts on the
 * other segment:
 *
 *   - An attached segment keeps its id: IPC_RMID only marks it, and its id is free after
 *     the last detach (shmctl(2)). So a segment is attached, and then checked. If the
 *     process is killed, the kernel detaches the segment.
 *   - A process without CAP_SYS_ADMIN can change and remove only segments of its own
 *     user.
 */
#ifndef SHM_SEGMENT_HOLD_H
#define SHM_SEGMENT_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "shm/segment/control.h"
#include "shm/segment/segment.h"

/* A segment that is attached so that its id cannot be reused. */
struct hold {
	void *address; /* NULL: not held */
	size_t size;
};

/*
 * Attaches a segment read-only. From now on its id belongs to the attached segment, which
 * the caller must check. Its last user and atime become those of this process. Returns 0
 * or an errno value. EINVAL also means that the segment was truncated through its file,
 * and ENOMEM that there is no address space or mapping left (RLIMIT_AS,
 * vm.max_map_count).
 */
int segment_hold(const struct segment *segment, struct hold *hold);

/* Detaches the segment, if it is held. If it is marked for removal, that destroys it. */
void segment_release(struct hold *hold);

/*
 * Detaches many segments. Segments of one page that are adjacent in memory, because they
 * were attached one after the other, are detached together, which takes half the time.
 */
void segments_release(struct hold *holds, size_t count);

/*
 * Whether the segment still exists, marked for removal, after IPC_RMID and release: a process
 * has attached it in spite of mode 0. (The id may also belong to another segment now.)
 */
bool segment_stays_marked(const struct segment *listed);

/* The state that act_as() changes, for stop_acting(). */
struct actor {
	uid_t uid;
	bool privileged; /* may_control_all() */
	bool may_lock;   /* may_lock_all() */
};

/*
 * Finds the user to act as if a segment cannot be held. Both its owner and its creator may
 * remove it and cause its id to be reused. So they must be the same user, or one of them
 * root, which is trusted. No other user may be able to cause that by detaching it last: it must
 * not be marked for removal, and if kernel.shm_rmid_forced is 1, no other user may have it
 * attached or attach it. Unless privileged (may_control_all()), the user must also be
 * that of this process. Returns false if there is no user that is safe to act as.
 */
bool find_actor(const struct segment *segment, bool privileged, uid_t *user);

/* The user that find_actor() finds, if it is safe to act as that one. */
uid_t actor_of(const struct segment *segment);

/*
 * Whether this user owns the user namespace of the IPC namespace, or one between it and that
 * of this process. Then the user always has all capabilities there (user_namespaces(7)).
 * in_doubt is returned if that cannot be found out.
 */
bool owns_users_here(uid_t uid, bool in_doubt);

/*
 * For a segment that cannot be held: until stop_acting(), calls by id can act only on
 * segments that this user owns or created. Sets the effective user, and drops
 * CAP_SYS_ADMIN and CAP_IPC_LOCK from the effective set. If neither is in use, it only checks
 * that this process is that user. Returns 0 or an errno value; EPERM: that is not permitted;
 * EOVERFLOW: the user is not mapped in this user namespace; EXDEV: owns_users_here().
 *
 * That user can change the policy, the nice value, the time slice and the processors of this
 * process (check_same_owner() in the kernel's kernel/sched/syscalls.c). stop_acting() restores
 * them, but such a change can also come into effect later: after the kernel has permitted it, the
 * user can keep the thread that makes it from running.
 */
int act_as(uid_t uid, struct actor *before);
void stop_acting(const struct actor *before);

/*
 * Calls IPC_SET with these rights, or if they are NULL, IPC_RMID. If the segment is not held, this
 * acts as its user. Returns 0 or an errno value.
 */
int segment_call(const struct segment *segment, const struct hold *hold,
		 const struct segment_rights *rights);

#endif
