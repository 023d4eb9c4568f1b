/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/limits.h"

#include <errno.h>
#include <limits.h>
#include <sys/shm.h>
#include <unistd.h>

bool limit_is_none(uint64_t value)
{
	/* the kernel's default is this far below the largest number of its word */
	const uint64_t below = UINT64_C(1) << 24;

	return value >= LIMIT_UNLIMITED || value >= ULONG_MAX - below;
}

int limits_read(struct limits *limits)
{
	struct shminfo info = { 0 };
	struct shm_info used = { 0 };

	if (shmctl(0, IPC_INFO, (struct shmid_ds *)&info) < 0 ||
	    shmctl(0, SHM_INFO, (struct shmid_ds *)&used) < 0)
		return errno;
	*limits = (struct limits){
		.shmmni = info.shmmni,
		.shmall = info.shmall,
		.shmmax = info.shmmax,
		.shmmin = info.shmmin,
		.page = (uint64_t)sysconf(_SC_PAGESIZE),
		.segments = (uint64_t)used.used_ids,
		.pages = used.shm_tot,
		.resident = used.shm_rss,
		.swapped = used.shm_swp,
	};
	return 0;
}
