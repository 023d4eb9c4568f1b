/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Enters the user namespace that owns this one; then this one. */
static int enter_with_owner(int fd)
{
	int owner = ioctl(fd, NS_GET_USERNS);
	int error = 0;

	if (owner < 0)
		return errno;
	if (setns(owner, CLONE_NEWUSER) < 0 || setns(fd, CLONE_NEWIPC) < 0)
		error = errno;
	close(owner);
	return error;
}

int namespace_enter(const char *path, bool *users_changed)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error = 0;

	*users_changed = false;
	if (fd < 0)
		return errno;
	if (setns(fd, CLONE_NEWIPC) < 0)
		error = errno;
	if (error == EPERM && enter_with_owner(fd) == 0) {
		*users_changed = true;
		error = 0;
	}
	close(fd);
	return error;
}

int namespace_enter_of(pid_t pid, bool *users_changed)
{
	char path[64];
	int error;

	snprintf(path, sizeof(path), "/proc/%d/ns/ipc", pid);
	error = namespace_enter(path, users_changed);
	return error == ENOENT ? ESRCH : error;
}

bool capabilities_count_here(void)
{
	int fd = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
	int owner;
	int error;

	if (fd < 0)
		return true;
	owner = ioctl(fd, NS_GET_USERNS);
	error = owner < 0 ? errno : 0;
	if (owner >= 0)
		close(owner);
	close(fd);
	return error != EPERM; /* ioctl_ns(2): it is neither ours nor below ours */
}
