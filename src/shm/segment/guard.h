/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard: a System V semaphore that protects a segment. Its value is 1 while it is free.
 * A process acquires it by subtracting 1, and releases it by adding 1. SEM_UNDO makes
 * the kernel release it when the process exits, however that happens (semop(2)).
 * setns(2) and unshare(2) of an IPC namespace also release it, so a namespace must be
 * entered before a guard is acquired.
 *
 * Functions that return int return 0 or an errno value. If the semaphore set does not
 * exist, that is EINVAL or EIDRM, as with segments (control.h).
 */
#ifndef SHM_SEGMENT_GUARD_H
#define SHM_SEGMENT_GUARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shm/segment/control.h"

/* A semaphore set. */
struct guard {
	int id;
	key_t key;
	struct segment_rights rights;
	uid_t cuid;
	uint64_t count; /* number of semaphores in the set */
};

/*
 * Reads the data of the set with this id. Requires no permission, but with glibc before
 * 2.33, read permission (SEM_STAT_ANY).
 */
int guard_look(int id, struct guard *guard);

/* Finds the id of the set with this key. ENOENT: there is none. */
int guard_by_key(key_t key, int *id);

/*
 * Looks at the set with the key of a segment: it is its guard, if guard_obstacle()
 * finds nothing against it. ENOENT: there is none, or the key is another segment's now. After
 * another error, only its id is set.
 */
int guard_of_segment(const struct segment *segment, struct guard *guard);

/* Why a set cannot be the guard that `create --with-guard` makes for a segment, or NULL. */
const char *guard_obstacle(const struct guard *guard, const struct segment *segment);

/*
 * Whether this process may acquire the guard: 0 or EACCES. Also 0 for a set without a
 * key, for which this cannot be found out.
 */
int guard_may_take(const struct guard *guard);

/*
 * Waits until the semaphore with this number (from 0) is free, and acquires it. timeout
 * is in milliseconds, -1 waits forever. ETIMEDOUT: still not free. EINTR: a signal
 * came (signals.h). EFBIG: the set has no such semaphore. ENOSPC: the kernel has
 * reached its limit of semaphores that it can release at exit (SEM_UNDO).
 */
int guard_take(const struct guard *guard, unsigned short number, int64_t timeout);

/*
 * Releases all that guard_take() has acquired, at the latest at the exit of this process: a sandbox
 * may refuse unshare(2). An error means that the guard was removed before, or cannot be looked at;
 * EIDRM also that its id belongs to another set now, which is not touched.
 */
int guard_release(const struct guard *guard, unsigned short number);

/*
 * Creates a set with one semaphore and this key, which must not exist (EEXIST), mode
 * 0600. A new semaphore is 0 (semget(2)), so the guard is acquired from the start. EPERM: a later
 * call by its id could act on another user's set, since this user owns the user namespace (hold.h).
 */
int guard_create(key_t key, int *id);

/*
 * Sets owner, group and mode of a new guard, and releases it. This is the last step of
 * creating it: only a semop(2) sets sem_otime, by which other processes recognize that
 * the guard is ready. EIDRM: the id belongs to another set now.
 */
int guard_hand_over(const struct guard *guard, const struct segment_rights *rights);

/*
 * Sets owner, group and mode of the set that guard_look() found. A set cannot be held
 * as a segment can. So this acts with the privileges of its creator, who cannot change
 * the sets of other users (hold.h). EIDRM: the id belongs to another set now.
 */
int guard_set_rights(const struct guard *guard, const struct segment_rights *rights);

/* Sets whether a process has acquired the first semaphore of the set, or waits for it. */
int guard_in_use(int id, bool *in_use);

/* The process that acquired or released this semaphore last; 0: none, or not known. */
pid_t guard_last_user(int id, unsigned short number);

/* Whether guard_remove() and guard_set_rights() would be permitted: 0 or an errno value. */
int guard_may_control(const struct guard *guard);

/*
 * Removes the set. Unless even_held, acquires it first, so that no other process can; ETIMEDOUT:
 * it is not free. A set cannot be held as a segment can: if another set has got its id, only a
 * set of the same user can be removed (hold.h). ECANCELED: *given_up is true by then (NULL: never).
 */
int guard_remove(const struct guard *guard, bool even_held, const atomic_bool *given_up);

#endif
