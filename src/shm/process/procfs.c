/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/system/capability.h"
#include "shm/system/procfile.h"

bool proc_is_ours(void)
{
	char name[16] = { 0 };

	return readlink("/proc/self", name, sizeof(name) - 1) > 0 &&
	       strtol(name, NULL, 10) == getpid();
}

/* Whether this process is in the initial namespace of a kind: its inode is fixed in the kernel. */
static bool is_in_initial(const char *path, ino_t inode)
{
	struct stat status;

	return stat(path, &status) == 0 && status.st_ino == inode;
}

/* PROC_USER_INIT_INO */
static bool is_in_initial_user_namespace(void)
{
	return is_in_initial("/proc/self/ns/user", 0xeffffffdU);
}

/* Whether mount options of /proc hide processes from who may not trace them: proc(5). */
static bool hides_untraceable(const char *options)
{
	const char *gid = strstr(options, ",gid=");

	if (strstr(options, "hidepid=ptraceable"))
		return true;
	/* those in this group, a number of the initial namespace, are exempt, but not from that */
	return (strstr(options, "hidepid=invisible") || strstr(options, "hidepid=2")) &&
	       !(is_in_initial_user_namespace() &&
		 in_group(gid ? (gid_t)strtoul(gid + 5, NULL, 10) : 0));
}

int mount_id(int fd, uint64_t *id)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return file_number(path, "mnt_id", id);
}

static bool shows_only_traceable(void)
{
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t id = 0;
	FILE *mounts = mount_id(proc, &id) ? NULL : fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	bool result = false;

	while (mounts && getline(&line, &size, mounts) > 0) {
		if (strtoull(line, NULL, 10) == id)
			result = hides_untraceable(line);
	}
	free(line);
	if (mounts)
		fclose(mounts);
	if (proc >= 0)
		close(proc);
	return result;
}

bool proc_hides_processes(void)
{
	struct stat status;

	if (lstat("/proc/self", &status) < 0)
		return false; /* it is not mounted */
	/* every PID namespace has a process 1 (pid_namespaces(7)) */
	if (access("/proc/1", F_OK) < 0)
		return true;
	/* it may be shown, and others hidden; in a user namespace, from who has all capabilities, too */
	return !(capability_in_use(CAP_SYS_PTRACE) && is_in_initial_user_namespace()) &&
	       shows_only_traceable();
}

bool proc_is_complete(void)
{
	/* PROC_PID_INIT_INO */
	return proc_is_ours() && is_in_initial("/proc/self/ns/pid", 0xeffffffcU);
}

pid_t process_number(const char *name)
{
	if (!*name || name[strspn(name, "0123456789")] != '\0')
		return 0;
	return (pid_t)strtol(name, NULL, 10);
}

bool process_has_exited(int directory, int error)
{
	/* the kernel may refuse access to a link of a process that exits just then */
	if (error == EACCES && faccessat(directory, "status", F_OK, 0) < 0)
		error = errno;
	return error == ENOENT || error == ESRCH;
}

/* How many threads a process may create while they are listed; besides, their number may double. */
enum { THREADS_MORE = 100 };

/* As threads_each(), with the open directory of the threads. most: how many entries are read. */
static int threads_in(DIR *tasks, uintmax_t most, thread_look *look, void *context)
{
	const struct dirent *entry;
	bool any = false;
	int error = 0;

	while (!error && (errno = 0, entry = readdir(tasks))) {
		pid_t tid = process_number(entry->d_name);
		int thread;

		if (!tid)
			continue;
		/* new ones come last, so a process could let the list go on without end */
		if (!most--)
			return ETIME;
		thread = openat(dirfd(tasks), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		error = thread < 0 ? errno : look(context, thread, tid);
		any |= !error;
		if (process_has_exited(thread, error))
			error = 0;
		if (thread >= 0)
			close(thread);
	}
	if (!error)
		error = errno; /* of readdir(3), if it failed */
	return !error && !any ? ESRCH : error;
}

int threads_each(int process, pid_t pid, thread_look *look, void *context)
{
	struct stat status;
	DIR *tasks;
	int error;
	int fd;

	if (fstatat(process, "task", &status, 0) < 0)
		return errno;
	/* the directory has two links, and one for each thread */
	if (status.st_nlink == 3) {
		error = look(context, process, pid);
		/* only its first thread may have exited, and left others */
		if (!process_has_exited(process, error))
			return error;
	}
	fd = openat(process, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	tasks = fd < 0 ? NULL : fdopendir(fd);
	if (!tasks) {
		error = errno;
		if (fd >= 0)
			close(fd); /* GCOVR_EXCL_LINE: not enough memory */
		return error;
	}
	error = threads_in(tasks, 2 * (uintmax_t)status.st_nlink + THREADS_MORE, look, context);
	closedir(tasks);
	return error;
}

static void read_command(int directory, const char *path, char command[COMMAND_SIZE])
{
	size_t length;

	if (file_read_at(directory, path, command, COMMAND_SIZE, NULL))
		command[0] = '\0';
	/* the kernel adds the last newline; others may be part of the name */
	length = strlen(command);
	if (length && command[length - 1] == '\n')
		command[length - 1] = '\0';
}

void process_read_command(pid_t pid, char command[COMMAND_SIZE])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	read_command(AT_FDCWD, path, command);
}

void process_read_command_at(int process, char command[COMMAND_SIZE])
{
	read_command(process, "comm", command);
}

ino_t namespace_inode(int directory, const char *link, const char *kind)
{
	char target[64];
	ssize_t length = readlinkat(directory, link, target, sizeof(target) - 1);
	size_t prefix = strlen(kind);

	if (length < 0)
		return 0;
	errno = ENOENT;
	target[length] = '\0';
	if (strncmp(target, kind, prefix) != 0 || strncmp(target + prefix, ":[", 2) != 0)
		return 0;
	return strtoul(target + prefix + 2, NULL, 10);
}

uid_t process_user(pid_t pid)
{
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	return stat(path, &status) < 0 ? (uid_t)-1 : status.st_uid;
}

bool process_is_of_root(pid_t pid)
{
	static const char label[] = "\nUid:\t0\t";
	char path[64];
	char text[4096];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return process_user(pid) == 0 && file_read(path, text, sizeof(text)) == 0 &&
	       strstr(text, label);
}
