/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shm/segment/control.h"
#include "shm/segment/listing.h"
#include "shm/system/capability.h"

int segment_hold(const struct segment *segment, struct hold *hold)
{
	int error = segment_attach(segment->id, NULL, SHM_RDONLY, &hold->address);

	hold->size = (size_t)segment->size;
	if (error)
		*hold = (struct hold){ 0 };
	return error;
}

void segment_release(struct hold *hold)
{
	if (hold->address)
		shmdt(hold->address);
	*hold = (struct hold){ 0 };
}

/*
 * Whether the second is attached directly below the first, as the kernel places them, with
 * nothing in between. That is certain only for a segment of one page: a longer one may have
 * been truncated through its file, so that another mapping is in between.
 */
static bool is_page_below(const struct hold *first, const struct hold *second, size_t page)
{
	return second->size <= page &&
	       (uintptr_t)second->address + page == (uintptr_t)first->address;
}

void segments_release(struct hold *holds, size_t count)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < count; i++) {
		size_t last = i;

		while (last + 1 < count && is_page_below(&holds[last], &holds[last + 1], page))
			last++;
		if (last > i && munmap(holds[last].address, (last - i) * page) == 0)
			memset(&holds[i + 1], 0, (last - i) * sizeof(*holds));
		segment_release(&holds[i]);
	}
}

bool segment_stays_marked(const struct segment *listed)
{
	struct segment now;

	return !segment_is_gone(listed->id) && listing_look(listed->id, &now) == 0 && now.dest &&
	       segment_is_same(listed, &now);
}

static bool find_owner_here(uid_t uid, bool in_doubt)
{
	int ipc = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
	int users = ipc < 0 ? -1 : ioctl(ipc, NS_GET_USERNS);
	struct stat own = { 0 };
	struct stat that;
	/* without user namespaces, no user owns one; but a sandbox may refuse these ioctls */
	bool owns = users < 0 && in_doubt && access("/proc/self/ns/user", F_OK) == 0;

	stat("/proc/self/ns/user", &own);
	while (users >= 0 && !owns && fstat(users, &that) == 0 && own.st_ino != that.st_ino) {
		uid_t owner = (uid_t)-1; /* valgrind does not know that the ioctl sets it */
		int parent = ioctl(users, NS_GET_PARENT);

		if (parent < 0 || ioctl(users, NS_GET_OWNER_UID, &owner) < 0)
			owns = in_doubt; /* GCOVR_EXCL_LINE: only a sandbox refuses these alone */
		else
			owns = owner == uid;
		close(users);
		users = parent;
	}
	if (users >= 0)
		close(users);
	if (ipc >= 0)
		close(ipc);
	return owns;
}

bool owns_users_here(uid_t uid, bool in_doubt)
{
	static struct {
		ino_t ipc; /* the namespace; 0: none */
		uid_t uid;
		bool in_doubt;
		bool owns;
	} last; /* answer: it does not change, and user namespaces can be nested deeply */
	struct stat here = { 0 };

	stat("/proc/self/ns/ipc", &here);
	if (!here.st_ino || here.st_ino != last.ipc || uid != last.uid ||
	    in_doubt != last.in_doubt) {
		last.owns = find_owner_here(uid, in_doubt);
		last.ipc = here.st_ino;
		last.uid = uid;
		last.in_doubt = in_doubt;
	}
	return last.owns;
}

/* Whether other users can decide when it is destroyed, so that its id can be reused. */
static bool may_vanish(const struct segment *segment)
{
	const unsigned int read_by_others = 044; /* attaching requires it: shmat(2) */

	if (segment->dest)
		return true;
	/* the kernel destroys orphans when kernel.shm_rmid_forced is set, and when a creator exits */
	return segment->state != STATE_ORPHANED &&
	       (segment->nattch || segment->mode & read_by_others) && removal_is_forced();
}

uid_t actor_of(const struct segment *segment)
{
	return segment->cuid ? segment->cuid : segment->uid;
}

bool find_actor(const struct segment *segment, bool privileged, uid_t *user)
{
	const uid_t uid = segment->uid;
	const uid_t cuid = segment->cuid;

	*user = actor_of(segment);
	return (uid == cuid || uid == 0 || cuid == 0) && (privileged || *user == geteuid()) &&
	       !may_vanish(segment);
}

/*
 * How this process was scheduled before it first acted as a user. policy is struct sched_attr of
 * sched_setattr(2), which older C libraries lack; it includes the nice value and the time slice.
 */
static struct schedule {
	bool known;
	struct {
		uint32_t size;
		uint32_t policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime;
		uint64_t deadline;
		uint64_t period;
	} policy;
	cpu_set_t processors[8]; /* of 1,024 each: all that Linux has on x86 (CONFIG_NR_CPUS) */
} schedule;

static bool read_schedule(struct schedule *now)
{
	memset(now, 0, sizeof(*now));
	now->known = syscall(SYS_sched_getattr, 0, &now->policy, sizeof(now->policy), 0) == 0 &&
		     sched_getaffinity(0, sizeof(now->processors), now->processors) == 0;
	return now->known;
}

static void restore_schedule(void)
{
	struct schedule now;

	if (!schedule.known || !read_schedule(&now))
		return;
	if (memcmp(&now.policy, &schedule.policy, sizeof(now.policy)) != 0)
		syscall(SYS_sched_setattr, 0, &schedule.policy, 0);
	if (memcmp(now.processors, schedule.processors, sizeof(now.processors)) != 0)
		sched_setaffinity(0, sizeof(schedule.processors), schedule.processors);
}

int act_as(uid_t uid, struct actor *before)
{
	int error = 0;

	*before = (struct actor){ .uid = geteuid(),
				  .privileged = may_control_all(),
				  .may_lock = may_lock_all() };
	/* this process can affect only what is its own, so it must be that user */
	if (!before->privileged && !before->may_lock)
		return uid == before->uid ? 0 : EPERM;
	/* an unmapped user cannot be set, neither now nor when this process stops acting */
	if (user_is_unknown(uid) || (uid != before->uid && user_is_unknown(before->uid)))
		return EOVERFLOW;
	if (owns_users_here(uid, true))
		return EXDEV;
	/* a user who becomes root for a moment loses all capabilities with it (capabilities(7)) */
	if (uid == 0 && before->uid != 0)
		return EPERM;
	if (!schedule.known)
		read_schedule(&schedule);
	if (uid != before->uid && seteuid(uid) < 0)
		return errno == EINVAL ? EOVERFLOW
				       : EPERM; /* EINVAL: not mapped in this user namespace */
	/* changing the effective user may have reset it (fs.suid_dumpable) */
	prctl(PR_SET_DUMPABLE, 0);
	if ((may_control_all() && capability_use(CAP_SYS_ADMIN, false)) ||
	    (may_lock_all() && capability_use(CAP_IPC_LOCK, false)))
		error = EPERM;
	if (error)
		stop_acting(before);
	return error;
}

void stop_acting(const struct actor *before)
{
	/*
	 * That user is mapped (act_as()) and is the saved one, and the capabilities are still
	 * permitted. If this fails, later calls have fewer privileges.
	 */
	if (geteuid() != before->uid && seteuid(before->uid) < 0)
		return;
	if (before->privileged)
		capability_use(CAP_SYS_ADMIN, true);
	if (before->may_lock)
		capability_use(CAP_IPC_LOCK, true);
	restore_schedule();
}

int segment_call(const struct segment *segment, const struct hold *hold,
		 const struct segment_rights *rights)
{
	struct actor before;
	uid_t user;
	int error = 0;

	if (!hold->address)
		error = find_actor(segment, may_control_all(), &user) ? act_as(user, &before)
								      : EPERM;
	if (error)
		return error;
	error = rights ? segment_set_rights(segment->id, rights) : segment_remove(segment->id);
	if (!hold->address)
		stop_acting(&before);
	return error;
}
