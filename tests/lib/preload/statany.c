// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD, under qemu: its user mode does not know SHM_STAT_ANY. Root
 * is told the same by SHM_STAT.
 */
#include <dlfcn.h>
#include <sys/shm.h>

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15 /* Linux 4.17 */
#endif

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libc's names are reserved
int shmctl(int id, int command, struct shmid_ds *ds)
{
	static int (*next)(int, int, struct shmid_ds *);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "shmctl");
	return next(id, command == SHM_STAT_ANY ? SHM_STAT : command, ds);
}
