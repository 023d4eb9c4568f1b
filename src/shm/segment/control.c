/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/control.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/process/namespace.h"
#include "shm/system/capability.h"
#include "shm/system/compat.h"
#include "shm/system/procfile.h"
#include "shm/system/signals.h"

const int ipc_index_masks[IPC_INDEX_MASKS] = { 0x7fff, 0xffffff };

static void from_shmid_ds(int id, const struct shmid_ds *ds, struct segment *segment)
{
	*segment = (struct segment){
		.id = id,
		.key = ds->shm_perm.__key,
		.cpid = ds->shm_cpid,
		.lpid = ds->shm_lpid,
		.uid = ds->shm_perm.uid,
		.gid = ds->shm_perm.gid,
		.cuid = ds->shm_perm.cuid,
		.cgid = ds->shm_perm.cgid,
		.size = ds->shm_segsz,
		.nattch = ds->shm_nattch,
		.atime = ds->shm_atime,
		.dtime = ds->shm_dtime,
		.ctime = ds->shm_ctime,
		.mode = ds->shm_perm.mode & 0777,
		.dest = ds->shm_perm.mode & SHM_DEST,
		.locked = ds->shm_perm.mode & SHM_LOCKED,
	};
}

int segment_at_index(int index, struct segment *segment)
{
	struct shmid_ds ds;
	int id;

	memset(&ds, 0, sizeof(ds));
	id = shmctl(index, SHM_STAT_ANY, &ds);
	if (id < 0)
		return errno;
	from_shmid_ds(id, &ds, segment);
	return 0;
}

/*
 * Reads the data by IPC_STAT, which requires read permission. Its EINVAL means that the
 * segment does not exist; that of SHM_STAT_ANY may also mean that the kernel lacks it.
 */
static int look_by_id(int id, struct segment *segment)
{
	struct shmid_ds ds;

	memset(&ds, 0, sizeof(ds));
	if (shmctl(id, IPC_STAT, &ds) < 0)
		return errno;
	from_shmid_ds(id, &ds, segment);
	return 0;
}

int segment_look(int id, struct segment *segment)
{
	segment->id = -1;
	for (size_t i = 0; i < IPC_INDEX_MASKS; i++) {
		int error = segment_at_index(id & ipc_index_masks[i], segment);

		if (!error && segment->id == id)
			return 0;
		if (error && !segment_missing(error))
			break;
	}
	return look_by_id(id, segment);
}

bool segment_is_same(const struct segment *before, const struct segment *after)
{
	/* compared as size_t: segment_look() of a 32-bit program gets only the low bits */
	return before->id == after->id &&
	       (after->dest || (before->key == after->key && !before->dest)) &&
	       (size_t)before->size == (size_t)after->size && before->cuid == after->cuid &&
	       before->cgid == after->cgid && before->cpid == after->cpid;
}

bool segment_has_same_owner(const struct segment *before, const struct segment *after)
{
	return before->uid == after->uid && before->gid == after->gid;
}

int segment_look_again(const struct segment *before, struct segment *now)
{
	int error = segment_look(before->id, now);

	if (error || !segment_is_same(before, now))
		return EIDRM;
	return segment_has_same_owner(before, now) ? 0 : ESTALE;
}

bool segment_removed_since(const struct segment *before)
{
	struct segment now = { 0 };
	int error = segment_look(before->id, &now);

	if (error)
		return segment_missing(error);
	return !segment_is_same(before, &now) || (now.dest && !before->dest);
}

enum trace segment_trace(const struct segment *before, const struct segment *now)
{
	if (!segment_is_same(before, now))
		return segment_lost_user(now) ? TRACE_OTHER : TRACE_NONE;
	/* it does not matter if it is marked for removal, or if others have it attached */
	return now->nattch == 1 && !now->dest && now->lpid == getpid() &&
			       (before->nattch || now->dtime != before->dtime)
		       ? TRACE_UNKNOWN
		       : TRACE_LISTED;
}

int segment_by_key(key_t key, int *id)
{
	*id = shmget(key, 0, 0);
	return *id < 0 ? errno : 0;
}

int segment_set_rights(int id, const struct segment_rights *rights)
{
	struct shmid_ds ds = {
		.shm_perm = { .uid = rights->uid, .gid = rights->gid, .mode = rights->mode },
	};

	struct segment segment;
	int error = shmctl(id, IPC_SET, &ds) < 0 ? errno : 0;

	return error == EINVAL && segment_look(id, &segment) == 0 ? EOVERFLOW : error;
}

/* Whether a map (/proc/self/uid_map) maps every id, as that of the initial user namespace. */
static bool maps_all(const char *map)
{
	char text[128];

	/* then it is one line: "0 0 4294967295" */
	return !file_read(map, text, sizeof(text)) && strstr(text, " 4294967295\n");
}

bool user_is_unknown(uid_t uid)
{
	/* root, the usual owner, is known without reading anything */
	return uid && uid == unmapped_user() && !maps_all("/proc/self/uid_map");
}

void users_look_up(void)
{
	unmapped_user();
	maps_all("/proc/self/uid_map");
	maps_all("/proc/self/gid_map");
}

bool users_are_foreign(void)
{
	struct stat status;

	/* a sandbox may have a root directory of its own, and the users of its host */
	return (stat("/", &status) == 0 && user_is_unknown(status.st_uid)) ||
	       (stat("/etc/passwd", &status) == 0 && user_is_unknown(status.st_uid));
}

bool owner_is_unknown(const struct segment *segment)
{
	/* overflowgid is assumed to equal overflowuid: nearly no machine changes them */
	return user_is_unknown(segment->uid) ||
	       (segment->gid == unmapped_user() && !maps_all("/proc/self/gid_map"));
}

static bool is_ours(uid_t uid, uid_t cuid)
{
	return geteuid() == uid || geteuid() == cuid;
}

/* Whether this capability is in use, and applies to the segments of this IPC namespace. */
static bool have_capability(int capability)
{
	return capability_in_use(capability) && capabilities_count_here();
}

bool may_control_all(void)
{
	return have_capability(CAP_SYS_ADMIN);
}

bool may_lock_all(void)
{
	return have_capability(CAP_IPC_LOCK);
}

bool may_control_of(uid_t uid, uid_t cuid)
{
	return is_ours(uid, cuid) || may_control_all();
}

bool may_control(const struct segment *segment)
{
	return may_control_of(segment->uid, segment->cuid);
}

/* Like ipcperms() in the kernel's ipc/util.c: the first class that matches decides. */
bool may_attach(const struct segment *segment)
{
	unsigned short mode = segment->mode;

	if (have_capability(CAP_IPC_OWNER))
		return true;
	if (is_ours(segment->uid, segment->cuid))
		mode >>= 6;
	else if (in_group(segment->gid) || in_group(segment->cgid))
		mode >>= 3;
	return mode & 4;
}

bool may_lock(const struct segment *segment)
{
	return is_ours(segment->uid, segment->cuid) || may_lock_all();
}

int segment_set_lock(int id, bool lock)
{
	return shmctl(id, lock ? SHM_LOCK : SHM_UNLOCK, NULL) < 0 ? errno : 0;
}

bool segment_is_gone(int id)
{
	struct shmid_ds ds;

	return shmctl(id, IPC_STAT, &ds) < 0 && segment_missing(errno);
}

int segment_remove(int id)
{
	return shmctl(id, IPC_RMID, NULL) < 0 ? errno : 0;
}

int segment_attach(int id, void *address, int flags, void **attached)
{
	*attached = shmat(id, address, flags);
	/* shmat(2) returns (void *)-1 on error */
	return *attached == (void *)-1 ? errno : 0;
}

/*
 * For systems without /proc/sys: creates a segment, attaches and detaches it, and checks
 * whether that destroyed it. In doubt returns true, which is the safe answer.
 */
static bool removal_seems_forced(void)
{
	struct segment probe = { 0 };
	struct segment now = { 0 };
	sigset_t before;
	void *attached;
	bool forced = true;
	int id;

	/* a signal in between would leave the segment behind */
	signals_block(&before);
	id = shmget(IPC_PRIVATE, 1, 0600);
	if (id >= 0 && segment_look(id, &probe) == 0 &&
	    segment_attach(id, NULL, 0, &attached) == 0) {
		shmdt(attached);
		forced = segment_look(id, &now) || !segment_is_same(&probe, &now);
		if (forced)
			id = -1; /* it may belong to another segment now */
	}
	if (id >= 0)
		segment_remove(id);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return forced;
}

bool removal_is_forced(void)
{
	uint64_t forced;

	return sysctl_read("kernel/shm_rmid_forced", &forced) ? removal_seems_forced() : forced;
}

bool detach_destroys(const struct segment *segment)
{
	struct segment now = { 0 };
	int error;

	if (!removal_is_forced())
		return false;
	/* it may have been listed minutes ago, and its id may be that of another segment by then */
	error = segment_look(segment->id, &now);
	if (segment_missing(error))
		return false;
	return error || !segment_is_same(segment, &now) || (!now.dest && !now.nattch);
}
