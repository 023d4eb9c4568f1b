/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/guard.h"

#include <sched.h>
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <time.h>
#include <unistd.h>

#include "shm/segment/hold.h"
#include "shm/system/capability.h"
#include "shm/system/clock.h"
#include "shm/system/compat.h"
#include "shm/system/signals.h"

/* semctl(2): the caller must define this union */
union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

/*
 * Uses IPC_STAT if SEM_STAT_ANY is not available: glibc before 2.33 does not pass on the
 * buffer for it, so that it fails with EFAULT.
 */
int guard_look(int id, struct guard *guard)
{
	struct semid_ds ds = { 0 };
	int found = -1;

	for (size_t i = 0; i < IPC_INDEX_MASKS && found != id; i++) {
		found = semctl(id & ipc_index_masks[i], 0, SEM_STAT_ANY,
			       (union semun){ .buf = &ds });
		if (found < 0 && !segment_missing(errno))
			break;
	}
	if (found != id && semctl(id, 0, IPC_STAT, (union semun){ .buf = &ds }) < 0)
		return errno;
	*guard = (struct guard){
		.id = id,
		.key = ds.sem_perm.__key,
		.rights = { ds.sem_perm.uid, ds.sem_perm.gid, ds.sem_perm.mode & 0777 },
		.cuid = ds.sem_perm.cuid,
		.count = ds.sem_nsems,
	};
	return 0;
}

int guard_by_key(key_t key, int *id)
{
	*id = semget(key, 0, 0);
	return *id < 0 ? errno : 0;
}

int guard_of_segment(const struct segment *segment, struct guard *guard)
{
	int error = segment->key ? guard_by_key(segment->key, &guard->id) : ENOENT;
	int id = -1;

	if (!error)
		error = guard_look(guard->id, guard);
	if (error)
		return error;
	/* the id may have become another set's in between, and the key another segment's */
	error = segment_by_key(segment->key, &id);
	if (guard->key != segment->key || error == ENOENT || (!error && id != segment->id))
		return ENOENT;
	return 0;
}

const char *guard_obstacle(const struct guard *guard, const struct segment *segment)
{
	if (guard->count != 1)
		return "the semaphore set has several semaphores, so it is not a guard";
	if (guard->cuid != segment->cuid)
		return "the semaphore set was created by a different user";
	/* see find_actor(): neither is safe to act as */
	if (guard->rights.uid != guard->cuid && guard->rights.uid && guard->cuid)
		return "the semaphore set belongs to a different user than its creator, and either "
		       "could have its id reused";
	return NULL;
}

int guard_may_take(const struct guard *guard)
{
	/* semget(2) checks the permissions in its mode argument, here write (alter) */
	if (!guard->key || semget(guard->key, 0, 0222) >= 0)
		return 0;
	return errno == EACCES ? EACCES : 0;
}

int guard_create(key_t key, int *id)
{
	const bool privileged = may_control_all() || may_lock_all();

	/* act_as() would fail in guard_hand_over() and guard_remove() */
	if (privileged && user_is_unknown(geteuid()))
		return EOVERFLOW;
	if (privileged && owns_users_here(geteuid(), false))
		return EPERM;
	*id = semget(key, 1, IPC_CREAT | IPC_EXCL | 0600);
	return *id < 0 ? errno : 0;
}

static int set_rights(int id, const struct segment_rights *rights)
{
	struct semid_ds ds = {
		.sem_perm = { .uid = rights->uid, .gid = rights->gid, .mode = rights->mode },
	};

	struct guard now;
	int error = semctl(id, 0, IPC_SET, (union semun){ .buf = &ds }) < 0 ? errno : 0;

	/* EINVAL: the set does not exist, or a user or group is not mapped in this user namespace */
	return error == EINVAL && guard_look(id, &now) == 0 ? EOVERFLOW : error;
}

/* The user to act as: owner and creator may both remove the set; root could hit any other. */
static uid_t least_user(const struct guard *guard)
{
	return guard->cuid ? guard->cuid : guard->rights.uid;
}

/* Returns 0 if the id still belongs to this set. */
static int check_same(const struct guard *guard)
{
	struct guard now = { 0 };
	int error = guard_look(guard->id, &now);

	if (error)
		return error;
	return now.key == guard->key && now.cuid == guard->cuid && now.count == guard->count
		       ? 0
		       : EIDRM;
}

/*
 * Releases what this process has acquired with SEM_UNDO, as its exit does. A semop(2) by id could
 * hit another set, but the kernel knows the set. (A sandbox may refuse it: then that waits for the
 * exit.) Returns 0 or an errno value.
 */
static int release_all(void)
{
	return unshare(CLONE_SYSVSEM) < 0 ? errno : 0;
}

int guard_take(const struct guard *guard, unsigned short number, int64_t timeout)
{
	struct sembuf take = { .sem_num = number, .sem_op = -1, .sem_flg = SEM_UNDO };
	int64_t deadline = deadline_after(timeout);

	for (;;) {
		/* the input may have come late, or this process was stopped, and the id was reused */
		int error = check_same(guard);
		int64_t left = time_left(deadline);
		struct timespec wait = { left / 1000, left % 1000 * 1000000 };

		if (error)
			return error;
		if (semtimedop(guard->id, &take, 1, left < 0 ? NULL : &wait) == 0) {
			error = check_same(guard);
			if (error)
				release_all();
			return error;
		}
		if (errno != EINTR)
			return errno == EAGAIN ? ETIMEDOUT : errno;
		/* signal(7): a stop and SIGCONT interrupt it, too */
		if (signals_came())
			return EINTR;
	}
}

int guard_release(const struct guard *guard, unsigned short number)
{
	struct sembuf release = { .sem_num = number, .sem_op = 1 };
	/* it may have been removed while it was held, and its id reused */
	int error = check_same(guard);

	/* gVisor knows no SEM_UNDO: the guard is still held, and this process was its last user */
	if (!release_all() && !error && semctl(guard->id, number, GETVAL) == 0 &&
	    guard_last_user(guard->id, number) == getpid())
		semop(guard->id, &release, 1);
	return error;
}

int guard_set_rights(const struct guard *guard, const struct segment_rights *rights)
{
	struct actor before;
	int error = act_as(least_user(guard), &before);

	if (error)
		return error;
	error = check_same(guard);
	if (!error)
		error = set_rights(guard->id, rights);
	stop_acting(&before);
	return error ? error : check_same(guard);
}

int guard_hand_over(const struct guard *guard, const struct segment_rights *rights)
{
	struct sembuf release = { .sem_num = 0, .sem_op = 1 };
	const bool may_use_all = capability_in_use(CAP_IPC_OWNER);
	struct actor before;
	/* so that no set of another user can be affected, should its id be reused just now */
	const bool acts = act_as(geteuid(), &before) == 0;
	int error;

	if (may_use_all)
		capability_use(CAP_IPC_OWNER, false);
	error = check_same(guard);
	/* in this order: once its rights are set, its owner may remove it */
	if (!error)
		error = semop(guard->id, &release, 1) < 0 ? errno : set_rights(guard->id, rights);
	if (may_use_all)
		capability_use(CAP_IPC_OWNER, true);
	if (acts)
		stop_acting(&before);
	return !error && !acts ? check_same(guard) : error;
}

int guard_in_use(int id, bool *in_use)
{
	int value = semctl(id, 0, GETVAL);
	int waiting = value < 0 ? -1 : semctl(id, 0, GETNCNT);

	*in_use = value == 0 || waiting > 0;
	return waiting < 0 ? errno : 0;
}

pid_t guard_last_user(int id, unsigned short number)
{
	int pid = semctl(id, number, GETPID);

	return pid < 0 ? 0 : pid;
}

int guard_may_control(const struct guard *guard)
{
	struct actor before;
	int error = may_control_of(guard->rights.uid, guard->cuid)
			    ? act_as(least_user(guard), &before)
			    : EPERM;

	if (!error)
		stop_acting(&before);
	return error;
}

int guard_remove(const struct guard *guard, bool even_held, const atomic_bool *given_up)
{
	struct actor before;
	int error = act_as(least_user(guard), &before);
	int taken = 0;

	if (error)
		return error;
	error = check_same(guard);
	if (!error && !even_held)
		taken = guard_take(guard, 0, 0);
	/* EACCES: its mode does not permit that; then what guard_in_use() found must do */
	if (taken && taken != EACCES)
		error = taken;
	/* since then, a new segment can have its key */
	if (!error && given_up && *given_up)
		error = ECANCELED;
	if (!error)
		error = semctl(guard->id, 0, IPC_RMID) < 0 ? errno : 0;
	stop_acting(&before);
	return error;
}
