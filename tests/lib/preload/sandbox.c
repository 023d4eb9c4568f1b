// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: System V shared memory as on other kernels and in sandboxes.
 * SANDBOX selects which:
 *
 *   old      a kernel before Linux 4.17, qemu-user: SHM_STAT_ANY is unknown; and glibc
 *            before 2.33, where SEM_STAT_ANY fails
 *   gvisor   as old, SHM_INFO returns 0, not the highest index, and SEM_UNDO has no effect
 *   selinux  container_t of SELinux: IPC_INFO and SHM_INFO are refused
 *   refused  seccomp that lets no shmctl(2) pass
 *   nosysv   a kernel without CONFIG_SYSVIPC
 *   nousers  a kernel without CONFIG_USER_NS
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/nsfs.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "shm/system/compat.h"

enum { ANY = -1, SHMGET = -2, SHMAT = -3 };

/* What fails where: a command of shmctl(2), or a call. */
static const struct rule {
	const char *place;
	int what;
	int error;
} rules[] = {
	{ "old", SHM_STAT_ANY, EINVAL }, { "gvisor", SHM_STAT_ANY, EINVAL },
	{ "selinux", IPC_INFO, EACCES }, { "selinux", SHM_INFO, EACCES },
	{ "refused", ANY, EPERM },       { "nosysv", ANY, ENOSYS },
	{ "old", SEM_STAT_ANY, EFAULT }, { "nosysv", SHMGET, ENOSYS },
	{ "nosysv", SHMAT, ENOSYS },
};

static int is_at(const char *place)
{
	const char *here = getenv("SANDBOX");

	return here && strcmp(here, place) == 0;
}

/* Sets errno if this fails here. */
static int fails(int what)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *rule = &rules[i];

		if (is_at(rule->place) &&
		    (rule->what == what || (rule->what == ANY && what >= 0))) {
			errno = rule->error;
			return 1;
		}
	}
	return 0;
}

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): libc's names are reserved
int shmctl(int id, int command, struct shmid_ds *ds)
{
	int (*next)(int, int, struct shmid_ds *);
	int result;

	*(void **)&next = dlsym(RTLD_NEXT, "shmctl");
	if (fails(command))
		return -1;
	result = next(id, command, ds);
	return result > 0 && command == SHM_INFO && is_at("gvisor") ? 0 : result;
}

static int is_missing(const char *path)
{
	errno = ENOENT;
	return is_at("nousers") && strcmp(path, "/proc/self/ns/user") == 0;
}

#ifdef __GLIBC__
int ioctl(int fd, unsigned long request, ...)
#else
int ioctl(int fd, int request, ...)
#endif
{
	int (*next)(int, unsigned long, void *);
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	*(void **)&next = dlsym(RTLD_NEXT, "ioctl");
	errno = EPERM;
	return is_at("nousers") && (unsigned int)request == NS_GET_USERNS
		       ? -1
		       : next(fd, (unsigned long)request, argument);
}

int access(const char *path, int mode)
{
	int (*next)(const char *, int);

	*(void **)&next = dlsym(RTLD_NEXT, "access");
	return is_missing(path) ? -1 : next(path, mode);
}

int semctl(int id, int number, int command, ...)
{
	int (*next)(int, int, int, void *);
	va_list arguments;
	void *argument; /* a pointer or an int: whatever there is */

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	*(void **)&next = dlsym(RTLD_NEXT, "semctl");
	return fails(command) ? -1 : next(id, number, command, argument);
}

int shmget(key_t key, size_t size, int flags)
{
	int (*next)(key_t, size_t, int);

	*(void **)&next = dlsym(RTLD_NEXT, "shmget");
	return fails(SHMGET) ? -1 : next(key, size, flags);
}

void *shmat(int id, const void *address, int flags)
{
	void *(*next)(int, const void *, int);

	*(void **)&next = dlsym(RTLD_NEXT, "shmat");
	return fails(SHMAT) ? (void *)-1 : next(id, address, flags);
}
int semtimedop(int id, struct sembuf *operations, size_t count, const struct timespec *timeout)
{
	int (*next)(int, struct sembuf *, size_t, const struct timespec *);

	*(void **)&next = dlsym(RTLD_NEXT, "semtimedop");
	for (size_t i = 0; i < count && is_at("gvisor"); i++)
		operations[i].sem_flg &= ~SEM_UNDO;
	return next(id, operations, count, timeout);
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
