/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard: a System V semaphore that protects a segment. It is 1 while it is
 * free; whoever subtracts 1 has taken it, and adds 1 when done. It is taken
 * with SEM_UNDO: the kernel gives back what a process that ends, however it
 * ends, has taken (semop(2)). setns(2) and unshare(2) of an IPC namespace give
 * it back at once, so a namespace is entered first.
 *
 * All functions return 0 or an errno value; a set that is not there is EINVAL
 * or EIDRM, as with segments (control.h).
 */
#ifndef SHM_SEGMENT_GUARD_H
#define SHM_SEGMENT_GUARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shm/segment/control.h"

/* A set of semaphores. */
struct guard {
	int id;
	key_t key;
	uid_t uid;
	uid_t cuid;
	uint64_t count; /* of semaphores in the set, numbered from 0 */
};

/*
 * Looks at the set with this id, without need of any right (SEM_STAT_ANY,
 * Linux 4.17).
 */
int guard_look(int id, struct guard *guard);

/* The id of the set with this key. ENOENT: there is none. */
int guard_by_key(key_t key, int *id);

/*
 * Whether it may be taken, as far as that can be asked: EACCES if not. A set
 * without a key cannot be asked about, and passes.
 */
int guard_may_take(const struct guard *guard);

/*
 * Waits until the semaphore with this number is free and takes it. timeout in
 * milliseconds, -1 for ever; ETIMEDOUT when it is over. EINTR: a signal came
 * (signals.h). EFBIG: the set has no such number; ENOSPC: the kernel cannot
 * remember any more of what is to be given back.
 */
int guard_take(int id, unsigned short number, int64_t timeout);

/* Gives it back. An error says that it was not ours to the end. */
int guard_release(int id, unsigned short number);

/*
 * Makes a set of one with this key, which must not be in use (EEXIST), for us
 * alone, and taken: a new semaphore is 0 (semget(2)).
 */
int guard_create(key_t key, int *id);

/*
 * Sets its rights and makes it free, the last step of its creation: only that
 * sets its sem_otime, by which others can tell that it is ready.
 */
int guard_hand_over(int id, const struct segment_rights *rights);

/*
 * Sets owner, group and mode of the set that guard_look() found. A set cannot be
 * held, so this acts with the privileges of its creator, who cannot change what is
 * another user's (hold.h). EIDRM: the id is another set's, before or after.
 */
int guard_set_rights(const struct guard *guard, const struct segment_rights *rights);

/* Whether somebody has taken the only semaphore of a set, or waits for it. */
int guard_in_use(int id, bool *in_use);

/* The process that took or gave back this semaphore last; 0: none, or not known. */
pid_t guard_last_user(int id, unsigned short number);

/*
 * Removes it. A set cannot be held as a segment can: should its id have become
 * another one's, only one of the same user can be hit (hold.h).
 */
int guard_remove(const struct guard *guard);

#endif
