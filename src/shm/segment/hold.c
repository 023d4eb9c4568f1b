/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/hold.h"

#include <errno.h>
#include <stddef.h>
#include <sys/shm.h>
#include <unistd.h>

#include "shm/segment/control.h"
#include "shm/system/capability.h"

int segment_hold(int id, void **held)
{
	int error = segment_attach(id, NULL, SHM_RDONLY, held);

	if (error)
		*held = NULL;
	return error;
}

void segment_release(void **held)
{
	if (*held)
		shmdt(*held);
	*held = NULL;
}

int act_as(uid_t uid, struct actor *before)
{
	int error = 0;

	*before = (struct actor){ .uid = geteuid(), .privileged = may_control_all() };
	if (!before->privileged)
		return 0;
	if (uid != before->uid && seteuid(uid) < 0)
		return errno;
	if (may_control_all())
		error = capability_use(CAP_SYS_ADMIN, false);
	if (error)
		stop_acting(before);
	return error;
}

void stop_acting(const struct actor *before)
{
	if (!before->privileged)
		return;
	/* the user before is the saved one, and the capability is permitted: neither can fail */
	if (geteuid() == before->uid || seteuid(before->uid) == 0)
		capability_use(CAP_SYS_ADMIN, true);
}
