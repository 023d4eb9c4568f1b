/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shm/process/scan.h"
#include "shm/process/subuid.h"
#include "shm/system/clock.h"
#include "shm/system/safe_open.h"
#include "shm/system/signals.h"

enum { PROCESS_PATH_SIZE = 64 };

/* What the upper half of an owner's number says; the lower half is a user or an inode. */
static const uint64_t OWNER_USER = (uint64_t)1 << 32;
static const uint64_t OWNER_CONTAINER = (uint64_t)2 << 32;
static const uint64_t OWNER_UNKNOWN = (uint64_t)3 << 32;

/*
 * Enters the user namespace that owns an IPC namespace, and then the latter. A process
 * in that user namespace with CAP_SYS_PTRACE that shares the PID namespace could then
 * trace this process, and through it escape from its container. So this process is
 * made undumpable first (ptrace(2)); its files in /proc belong to root from then on.
 */
static int enter_with_owner(int fd)
{
	int owner = ioctl(fd, NS_GET_USERNS);
	int error = 0;

	if (owner < 0)
		return errno;
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || setns(owner, CLONE_NEWUSER) < 0 ||
	    setns(fd, CLONE_NEWIPC) < 0)
		error = errno;
	close(owner);
	return error;
}

bool namespace_is_ours(int fd)
{
	struct stat own;
	struct stat that;

	return stat("/proc/self/ns/ipc", &own) == 0 && fstat(fd, &that) == 0 &&
	       own.st_dev == that.st_dev && own.st_ino == that.st_ino;
}

struct namespace_owner namespace_owner(const struct namespace *ns)
{
	static struct stat own; /* looked up once: thousands of namespaces are compared with it */
	struct stat that;
	struct namespace_owner result = { 0 };
	uid_t creator = 0; /* of the outermost one */
	int users = ioctl(ns->fd, NS_GET_USERNS);

	if (!own.st_ino)
		stat("/proc/self/ns/user", &own);
	/* a user can nest user namespaces: the outermost one counts, below that of this process */
	while (users >= 0 && fstat(users, &that) == 0 && own.st_ino != that.st_ino) {
		int parent = ioctl(users, NS_GET_PARENT);

		result.users = that.st_ino;
		if (ioctl(users, NS_GET_OWNER_UID, &creator) < 0)
			creator = 0; /* GCOVR_EXCL_LINE: a sandbox refuses that */
		close(users);
		users = parent;
	}
	/* GCOVR_EXCL_START: rarely: a sandbox refuses these ioctls */
	if (users < 0)
		return (struct namespace_owner){ .owner = OWNER_UNKNOWN | ns->inode };
	/* GCOVR_EXCL_STOP */
	close(users);
	/* once, since this reads a file */
	if (result.users)
		result.owner = creator ? OWNER_USER | subuid_range(creator).first
				       : OWNER_CONTAINER | result.users;
	return result;
}

bool namespace_lock(const struct namespace *ns, int64_t *patience)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	int64_t deadline = deadline_after(*patience);
	int result = flock(ns->fd, LOCK_EX | LOCK_NB);

	while (result < 0 && errno == EWOULDBLOCK && time_left(deadline) > 0 && !signals_came()) {
		nanosleep(&moment, NULL);
		result = flock(ns->fd, LOCK_EX | LOCK_NB);
	}
	*patience = time_left(deadline);
	return result == 0;
}

void namespace_unlock(const struct namespace *ns)
{
	flock(ns->fd, LOCK_UN);
}

int namespace_join(int fd)
{
	int error = setns(fd, CLONE_NEWIPC) < 0 ? errno : 0;

	/* ids of one namespace must never be used in another */
	if (!namespace_is_ours(fd))
		return error ? error : ESTALE;
	/* setns(2) requires privileges even for the process's own namespace */
	return 0;
}

int namespace_enter_fd(int fd, bool *users_changed)
{
	int error = namespace_join(fd);

	*users_changed = error == EPERM && enter_with_owner(fd) == 0;
	return *users_changed ? 0 : error;
}

/*
 * Why /proc/PID/ns/ipc cannot be found: the process has exited (ESRCH), it is hidden
 * (EACCES, see hidepid in proc(5)), or /proc is not mounted (ENOENT).
 */
static int why_missing(pid_t pid)
{
	char path[PROCESS_PATH_SIZE];

	if (access("/proc/self", F_OK) < 0)
		return ENOENT;
	snprintf(path, sizeof(path), "/proc/%d", pid);
	/* a zombie still has its directory */
	if (access(path, F_OK) == 0 || !proc_is_ours() || (kill(pid, 0) < 0 && errno == ESRCH))
		return ESRCH;
	return EACCES;
}

bool capabilities_count_here(void)
{
	int fd = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
	bool outside;
	int owner;

	if (fd < 0)
		return true;
	owner = ioctl(fd, NS_GET_USERNS);
	/*
	 * ioctl_ns(2): neither this user namespace nor below it, unless a sandbox refuses both, or
	 * the kernel has no user namespaces
	 */
	outside = owner < 0 && errno == EPERM && ioctl(fd, NS_GET_NSTYPE) >= 0 &&
		  access("/proc/self/ns/user", F_OK) == 0;
	if (owner >= 0)
		close(owner);
	close(fd);
	return !outside;
}

/* By its name where the ioctl is refused, or unknown (gVisor): no path begins like that. */
static bool is_ipc_namespace(int fd)
{
	static const char prefix[] = "ipc:[";
	char path[64];
	char target[sizeof(prefix)] = "";
	static struct stat own; /* looked up once: all namespaces are on one device */
	struct stat status;
	int type;

	/* the server of a FUSE file would answer the ioctl(2) */
	if ((own.st_dev || stat("/proc/self/ns/ipc", &own) == 0) &&
	    (stat_locally(fd, &status) || status.st_dev != own.st_dev))
		return false;
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type >= 0)
		return type == CLONE_NEWIPC;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, target, sizeof(target) - 1) > 0 && strcmp(target, prefix) == 0;
}

int namespace_identify(struct namespace *ns)
{
	struct stat status;

	if (!is_ipc_namespace(ns->fd))
		return EINVAL;
	if (fstat(ns->fd, &status) < 0)
		return errno;
	ns->device = status.st_dev;
	ns->inode = status.st_ino;
	return 0;
}

/* Takes over a descriptor, and the path that it was opened by. */
static int take(struct namespace *ns, int fd, const char *path)
{
	int error;

	*ns = (struct namespace){ .fd = fd };
	error = namespace_identify(ns);
	if (!error && !(ns->path = strdup(path)))
		error = ENOMEM;
	if (error)
		namespace_close(ns);
	return error;
}

int namespace_open(const char *path, struct namespace *ns)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	*ns = (struct namespace){ .fd = -1 };
	return fd < 0 ? errno : take(ns, fd, path);
}

/* Opens a regular file only, since opening a device can have an effect. */
static int open_regular(const char *path, int *fd)
{
	struct stat status;
	int place;
	int error = safe_open(path, O_PATH, &place);

	if (error)
		return error;
	if (fstat(place, &status) == 0 && !S_ISREG(status.st_mode))
		error = EINVAL;
	else
		error = open_again(place, O_RDONLY | O_NONBLOCK, fd);
	close(place);
	return error;
}

/* A file that a worker opens, since opening it may never return. */
struct opening {
	const char *path;
	int fd;
	int error; /* why it is not open */
};

static int send_file(const struct worker *worker, void *context, pid_t pid, int process)
{
	const struct opening *opening = context;
	int fd = -1;
	int error = open_regular(opening->path, &fd);

	(void)pid;
	(void)process;
	/* the parent must not even close a file whose server may not answer */
	if (!error)
		error = namespace_identify(&(struct namespace){ .fd = fd });
	worker_send(worker, &error, sizeof(error), error ? -1 : fd);
	if (fd >= 0)
		close(fd);
	return 0;
}

static int take_file(void *context, pid_t pid, const void *message, size_t size, int fd)
{
	struct opening *opening = context;
	const int *error = message;

	(void)pid;
	if (opening->fd >= 0)
		close(opening->fd); /* GCOVR_EXCL_LINE: only a damaged worker sends two */
	opening->fd = fd;
	/* without an error and a descriptor: this process has no room for it */
	opening->error = size == sizeof(*error) && *error ? *error : EMFILE;
	return 0;
}

/* Opens a path below /proc/PID. */
static int open_below(pid_t pid, const char *path, struct namespace *ns)
{
	struct opening opening = { .path = path, .fd = -1, .error = ENOENT };
	struct scan scan = { .look = send_file, .take = take_file, .context = &opening };
	int error = scan_list(&scan, &pid, 1);

	*ns = (struct namespace){ .fd = -1 };
	if (opening.fd >= 0)
		return take(ns, opening.fd, path);
	if (scan.lost)
		return ETIMEDOUT;
	if (scan.hidden)
		return EACCES;
	return error ? error : opening.error;
}

int namespace_open_path(const char *path, struct namespace *ns)
{
	static const char processes[] = "/proc/";
	const size_t length = sizeof(processes) - 1;
	char *end = NULL;
	long pid = strncmp(path, processes, length) == 0 ? strtol(path + length, &end, 10) : 0;
	int fd;
	int error;

	if (pid > 0 && *end == '/')
		return open_below((pid_t)pid, path, ns);
	*ns = (struct namespace){ .fd = -1 };
	error = open_regular(path, &fd);
	return error ? error : take(ns, fd, path);
}

int namespace_open_of(pid_t pid, struct namespace *ns)
{
	char path[PROCESS_PATH_SIZE];
	int error;

	*ns = (struct namespace){ .fd = -1 };
	/* there, another process has this number */
	if (!proc_is_ours() && (access("/proc/self", F_OK) == 0 || access("/proc/1", F_OK) == 0))
		return EXDEV;
	snprintf(path, sizeof(path), "/proc/%d/ns/ipc", pid);
	error = open_below(pid, path, ns);
	ns->pid = pid;
	return error == ENOENT ? why_missing(pid) : error;
}

int namespace_copy_unopened(const struct namespace *ns, int error, struct namespace *copy)
{
	*copy = *ns;
	copy->fd = -1;
	copy->error = error;
	copy->limits = NULL;
	memset(&copy->kept, 0, sizeof(copy->kept));
	copy->path = strdup(ns->path);
	return copy->path ? 0 : ENOMEM;
}

void namespace_close(struct namespace *ns)
{
	if (ns->fd >= 0)
		close(ns->fd);
	free(ns->path);
	free(ns->kept.items);
	free(ns->limits);
	ns->fd = -1;
	ns->path = NULL;
	ns->kept.items = NULL;
	ns->kept.count = 0;
	ns->limits = NULL;
}
