/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/system/capability.h"

#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The C library has no functions for capget(2) and capset(2). */
static struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

bool capability_in_use(int capability)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	/* where that is refused root counts as having all: the calls fail that need what it lacks */
	if (syscall(SYS_capget, &header, data) < 0)
		return geteuid() == 0;
	return data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

int capability_use(int capability, bool use)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	__u32 *effective = &data[CAP_TO_INDEX(capability)].effective;

	if (syscall(SYS_capget, &header, data) < 0)
		return errno;
	if (use)
		*effective |= CAP_TO_MASK(capability);
	else
		*effective &= ~CAP_TO_MASK(capability);
	return syscall(SYS_capset, &header, data) < 0 ? errno : 0;
}

bool in_group(gid_t gid)
{
	gid_t groups[NGROUPS_MAX];
	int count = getgroups(NGROUPS_MAX, groups);
	bool member = getegid() == gid;

	for (int i = 0; i < count; i++)
		member |= groups[i] == gid;
	return member;
}
