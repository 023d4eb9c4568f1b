/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/create_segment.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <unistd.h>

#include "shm/segment/control.h"
#include "shm/segment/guard.h"
#include "shm/segment/hold.h"
#include "shm/segment/listing.h"
#include "text/namespace_option.h"
#include "verbs/common/memory_errors.h"
#include "verbs/create_errors.h"
#include "verbs/create_input.h"

/* Calls shmget(2). Returns 0 or an errno value; EEXIST: the key is in use. */
static int create_segment(struct creation *creation, key_t key)
{
	const struct create_options *options = creation->options;
	int flags = IPC_CREAT | IPC_EXCL | 0600;

	if (options->huge)
		flags |= SHM_HUGETLB;
	/* bits 26 and up are the log2 of the huge page size (shmget(2)) */
	if (options->huge_size)
		flags |= (int)((unsigned int)__builtin_ctzll(options->huge_size) << 26);
	if (options->no_reserve)
		flags |= SHM_NORESERVE;
	if (wanted_size(creation) > SIZE_MAX)
		return EINVAL;
	creation->id = shmget(key, wanted_size(creation), flags);
	/* ENOENT: a machine that supports no huge pages at all, such as a Xen guest */
	if (creation->id < 0)
		return errno == ENOENT ? EINVAL : errno;
	creation->created = true;
	creation->creator = getpid();
	creation->key = key;
	return 0;
}

static struct guard new_guard(const struct creation *creation, uid_t owner)
{
	return (struct guard){ .id = creation->guard,
			       .key = creation->key,
			       .rights.uid = owner,
			       .cuid = geteuid(),
			       .count = 1 };
}

/* Returns EIDRM if the id belongs to another segment now, or another errno value. */
static int look(const struct creation *creation)
{
	struct segment now;
	int error = listing_look(creation->id, &now);

	if (error == EACCES) /* the sandbox shows no segments */
		return 0;
	return !error && !is_created(creation, &now) ? EIDRM : error;
}

/* Holds the new segment (hold.h). Returns 0 or an errno value; EIDRM: it is another one. */
static int hold_new(const struct creation *creation, struct hold *hold)
{
	const struct segment segment = { .id = creation->id, .size = wanted_size(creation) };
	int error = segment_hold(&segment, hold);

	if (!error)
		error = look(creation);
	if (error)
		segment_release(hold);
	return error;
}

/* How a call by id is kept from another user's segment that has got the id. */
struct call {
	bool acts; /* acts as a user who cannot affect it, */
	struct actor before;
	struct hold hold; /* or where that is refused, holds the new one */
};

/* Returns 0, and then end_call() must follow, or an errno value. */
static int begin_call(const struct creation *creation, uid_t user, struct call *call)
{
	*call = (struct call){ 0 };
	call->acts = act_as(user, &call->before) == 0;
	return call->acts ? 0 : hold_new(creation, &call->hold);
}

static void end_call(struct call *call)
{
	if (call->acts)
		stop_acting(&call->before);
	segment_release(&call->hold);
}

int undo_creation(const struct creation *creation)
{
	const bool privileged = may_control_all() || may_lock_all();
	const bool is_anothers = creation->handed_over && creation->options->uid != geteuid();
	struct call call = { 0 };
	/* the ids may belong to other objects now: act only on those of this owner */
	uid_t owner = creation->handed_over && privileged ? creation->options->uid : geteuid();
	const struct guard guard =
		new_guard(creation, creation->guard_handed_over ? owner : geteuid());
	int error = guard.id >= 0 ? guard_remove(&guard, true, NULL) : 0;
	const int left = error && !segment_missing(error) ? CREATED_GUARD : 0;

	/* the new owner may have removed it already */
	error = creation->created ? look(creation) : EINVAL;
	/* another user can have the id reused for another segment of this user, too */
	if (!error)
		error = is_anothers && !privileged ? hold_new(creation, &call.hold)
						   : begin_call(creation, owner, &call);
	if (!error) {
		error = segment_remove(creation->id);
		end_call(&call);
	}
	return error && !segment_missing(error) ? left | CREATED_SEGMENT : left;
}

int created_parts(const struct creation *creation)
{
	struct guard guard = { .id = creation->guard };
	int error = creation->created ? look(creation) : EINVAL;
	/* what a sandbox does not let it look at may be there */
	int parts = segment_missing(error) ? 0 : CREATED_SEGMENT;

	error = guard.id < 0 ? EINVAL : guard_look(guard.id, &guard);
	if (error ? !segment_missing(error) : guard.key == creation->key && guard.cuid == geteuid())
		parts |= CREATED_GUARD;
	return parts;
}

/* Tries random keys until one is not in use. */
static int create_with_unused_key(struct creation *creation)
{
	int error = EEXIST;
	int other;

	while (error == EEXIST) {
		key_t key = 0;

		if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key))
			return errno;
		if (key > 0)
			error = create_segment(creation, key);
		if (!error && creation->options->with_guard && guard_by_key(key, &other) == 0) {
			/* GCOVR_EXCL_START: no test can choose the random key */
			undo_creation(creation);
			creation->created = false;
			error = EEXIST;
			/* GCOVR_EXCL_STOP */
		}
	}
	return error;
}

static enum status guard_failed(const struct creation *creation, int error)
{
	static const char what[] = "cannot create the guard";
	int other = -1;

	switch (error) {
	case EEXIST:
		guard_by_key(creation->key, &other);
		fail(STATUS_EXISTS, "%s: semaphore set %d already has the key 0x%08x", what, other,
		     (unsigned int)creation->key);
		hint("remove it if it is no longer needed: %sipcrm -s %d", namespace_prefix(),
		     other);
		return STATUS_EXISTS;
	case ENOSPC:
		fail(STATUS_EXHAUSTED, "%s: the limit on semaphores is reached (kernel.sem)", what);
		hint("see \"%sipcs -s\", or raise kernel.sem with sysctl", namespace_prefix());
		return STATUS_EXHAUSTED;
	default:
		return fail(status_of_segment(error), "%s: %s", what,
			    segment_missing(error) ? "it was removed in the meantime"
						   : reason_of_segment(error));
	}
}

/* Creates the guard. No process can acquire it until it is handed over. */
static enum status make_guard(struct creation *creation)
{
	int error = guard_create(creation->key, &creation->guard);
	enum status status = error ? guard_failed(creation, error) : STATUS_DONE;

	if (error == EPERM)
		hint("run shmtool inside the user namespace that you own: nsenter --target PID "
		     "--user --ipc");
	return status;
}

int open_existing(struct creation *creation, key_t key)
{
	/* shmget(2) fails if the size is larger than that of the segment */
	creation->key = key;
	creation->id = shmget(key, creation->options->size_given ? creation->options->size : 0, 0);
	return creation->id < 0 ? errno : 0;
}

/* Creates the segment. With --reuse, uses one that another process creates in the meantime. */
static enum status create_or_open(struct creation *creation)
{
	const struct create_options *options = creation->options;
	key_t key = options->key_kind == KEY_GIVEN ? options->key : IPC_PRIVATE;
	int error;

	if (options->key_kind == KEY_AUTO) {
		error = create_with_unused_key(creation);
		return error ? report_refused(creation, key, error) : STATUS_DONE;
	}
	do {
		error = create_segment(creation, key);
		if (error == EEXIST && options->reuse)
			error = open_existing(creation, key);
		/* ENOENT: that one has been removed in the meantime, too */
	} while (error == ENOENT);
	return error ? report_refused(creation, key, error) : STATUS_DONE;
}

static struct segment_rights wanted_rights(const struct create_options *options)
{
	return (struct segment_rights){
		.uid = options->uid_given ? options->uid : geteuid(),
		.gid = options->gid_given ? options->gid : getegid(),
		.mode = options->mode,
	};
}

static int set_rights(const struct creation *creation)
{
	const struct segment_rights rights = wanted_rights(creation->options);
	struct call call;
	int error = begin_call(creation, geteuid(), &call);

	if (error)
		return error;
	error = segment_set_rights(creation->id, &rights);
	end_call(&call);
	return error;
}

/*
 * Locks the segment, and holds it, since this may use CAP_IPC_LOCK. If there is no address space
 * to hold it, drops that capability; RLIMIT_MEMLOCK then applies, and is raised if permitted.
 */
static int lock(const struct creation *creation)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct call call = { 0 };
	int error = hold_new(creation, &call.hold);

	if (segment_missing(error))
		return error;
	if (error) {
		setrlimit(RLIMIT_MEMLOCK, &unlimited);
		error = act_as(geteuid(), &call.before) ? EACCES : 0;
		call.acts = !error;
	}
	if (!error)
		error = segment_set_lock(creation->id, true);
	end_call(&call);
	/* refused for another segment that has got the id? */
	return error && look(creation) ? EIDRM : error;
}

/* Sets owner and mode last, so that no other user can attach the segment before it is loaded. */
static enum status hand_over(const struct creation *creation)
{
	const struct create_options *options = creation->options;
	const bool changes = options->uid_given || options->gid_given || options->mode != 0600;
	int error = changes || options->lock ? look(creation) : 0;

	if (!error && options->lock)
		error = lock(creation);
	if (options->lock && (error == ENOMEM || error == EPERM))
		return report_lock_limit("the new segment", wanted_size(creation));
	if (options->lock && error == EACCES)
		/* GCOVR_EXCL_START: rarely: it cannot be held, and a sandbox refuses act_as() */
		return fail(STATUS_DENIED, "cannot lock the new segment: %s",
			    reason_of_segment(error));
	/* GCOVR_EXCL_STOP */
	if (!error && changes)
		error = set_rights(creation);
	if (error)
		return fail(status_of_segment(error),
			    "cannot set the owner, group and mode of the new segment: %s",
			    reason_of_segment(error));
	return STATUS_DONE;
}

static enum status hand_over_guard(const struct creation *creation)
{
	const struct segment_rights rights = wanted_rights(creation->options);
	const struct guard guard = new_guard(creation, geteuid());
	int error = guard_hand_over(&guard, &rights);

	return error ? guard_failed(creation, error) : STATUS_DONE;
}

static enum status refuse_forced_removal(void)
{
	fail(STATUS_FAILED, "cannot create a segment: kernel.shm_rmid_forced is 1, so the kernel "
			    "would destroy it at once");
	hint("let the program that uses the segment create it; \"shmtool attach\" can then keep "
	     "it alive");
	return STATUS_FAILED;
}

enum status create_new(struct creation *creation)
{
	enum status status;

	if (removal_is_forced())
		return refuse_forced_removal();
	status = open_create_input(creation);
	if (!status)
		status = create_or_open(creation);
	if (status || !creation->created)
		return status;
	if (creation->options->with_guard)
		status = make_guard(creation);
	if (!status)
		status = load_segment(creation);
	if (!status)
		status = hand_over(creation);
	creation->handed_over = !status && creation->options->uid_given;
	if (!status && creation->guard >= 0)
		status = hand_over_guard(creation);
	creation->guard_handed_over = !status && creation->options->uid_given;
	return status;
}
