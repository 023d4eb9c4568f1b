/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/namespaces.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/process/probe.h"
#include "shm/process/process.h"
#include "shm/system/compat.h"

/*
 * GCC 12's analyser loses sight of the list that it has seen allocated when it
 * grows once more (gcc -fanalyzer, "leak of items"): namespaces_free() frees it.
 */
#if defined(__GNUC__) && __GNUC__ >= 10 && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/* A mount namespace that was met, and a process that lives in it. */
struct mounts {
	dev_t device;
	ino_t inode;
	pid_t pid;
};

struct search {
	struct namespaces *found;
	struct mounts *mounts; /* our own first */
	size_t mounts_count;
	struct probe probe;
};

struct namespace *namespaces_get(const struct namespaces *list, const struct namespace *ns)
{
	for (size_t i = 0; i < list->count; i++) {
		if (namespace_same(&list->items[i], ns))
			return &list->items[i];
	}
	return NULL;
}

int namespaces_add(struct namespaces *list, struct namespace *ns)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 16;
		struct namespace *items = reallocarray(list->items, capacity, sizeof(*items));

		if (!items) {
			namespace_close(ns);
			return ENOMEM;
		}
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = *ns;
	return 0;
}

void namespaces_subtract(struct namespaces *list, const struct namespaces *others)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (namespaces_get(others, &list->items[i]))
			namespace_close(&list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

void namespaces_free(struct namespaces *list)
{
	for (size_t i = 0; i < list->count; i++)
		namespace_close(&list->items[i]);
	free(list->items);
	*list = (struct namespaces){ 0 };
}

/* Whether what was asked for in /proc/PID is not there any more. */
static bool has_ended(int error)
{
	return error == ENOENT || error == ESRCH;
}

/* Each namespace is kept open, and there may be more than the usual 1024. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Remembers who lives there: the lowest process, or else the lowest thread. */
static int add_inhabitant(struct namespace *ns, pid_t pid, bool thread)
{
	char *path;

	if (ns->pid && (!ns->thread || thread))
		return 0;
	/* a thread's number, too, is a name in /proc */
	if (asprintf(&path, "/proc/%d/ns/ipc", pid) < 0)
		return ENOMEM;
	free(ns->path);
	ns->path = path;
	ns->pid = pid;
	ns->thread = thread;
	process_read_command(pid, ns->command);
	return 0;
}

/* Adds the one at this path if it is new; no error when it ended meanwhile. */
static int add_at(struct search *search, const char *path, const struct stat *status, pid_t pid,
		  bool thread)
{
	struct namespace ns = { .device = status->st_dev, .inode = status->st_ino, .fd = -1 };
	struct namespace *known = namespaces_get(search->found, &ns);
	int error;

	if (known)
		return add_inhabitant(known, pid, thread);
	error = namespace_open(path, &ns);
	if (has_ended(error))
		return 0;
	if (error == ENOMEM)
		return error;
	if (error)
		ns = (struct namespace){
			.device = status->st_dev, .inode = status->st_ino, .fd = -1, .error = error
		};
	/* it may have gone to another one since it was looked at */
	known = namespaces_get(search->found, &ns);
	if (known) {
		namespace_close(&ns);
		return add_inhabitant(known, pid, thread);
	}
	error = add_inhabitant(&ns, pid, thread);
	if (!error)
		return namespaces_add(search->found, &ns);
	namespace_close(&ns);
	return error;
}

/* EACCES: we may not ask it. */
static int look_at_thread(struct search *search, pid_t pid, pid_t tid)
{
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/ns/ipc", pid, tid);
	if (stat(path, &status) < 0)
		return errno;
	return add_at(search, path, &status, tid, tid != pid);
}

/* The number that a name in /proc is, or 0. */
static pid_t number_of(const char *name)
{
	return *name && name[strspn(name, "0123456789")] == '\0' ? (pid_t)strtol(name, NULL, 10)
								 : 0;
}

static int add_mounts(struct search *search, pid_t pid)
{
	struct mounts *larger;
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	if (stat(path, &status) < 0)
		return 0; /* it ended, or is a zombie */
	for (size_t i = 0; i < search->mounts_count; i++) {
		if (search->mounts[i].device == status.st_dev &&
		    search->mounts[i].inode == status.st_ino)
			return 0;
	}
	larger = reallocarray(search->mounts, search->mounts_count + 1, sizeof(*larger));
	if (!larger)
		return ENOMEM;
	search->mounts = larger;
	larger[search->mounts_count++] = (struct mounts){ status.st_dev, status.st_ino, pid };
	return 0;
}

/*
 * All threads of a process, since each can have gone to a namespace of its own
 * (unshare(2)), and since the first can have ended before the others.
 */
static int look_at_process(struct search *search, pid_t pid)
{
	const struct dirent *entry;
	char path[64];
	DIR *tasks = NULL;
	int error = EACCES;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	if (probe_returns(&search->probe, pid)) {
		tasks = opendir(path);
		error = tasks ? 0 : errno;
	}
	while (tasks && !error && (entry = readdir(tasks))) {
		pid_t tid = number_of(entry->d_name);

		if (tid)
			error = look_at_thread(search, pid, tid);
		if (has_ended(error))
			error = 0;
	}
	if (tasks)
		closedir(tasks);
	if (error != EACCES && error != EPERM)
		return error && !has_ended(error) ? error : add_mounts(search, pid);
	search->found->hidden++;
	return 0;
}

static int look_at_processes(struct search *search)
{
	const struct dirent *entry;
	DIR *processes = opendir("/proc");
	int error = 0;

	if (!processes)
		return errno;
	while (!error && (entry = readdir(processes))) {
		pid_t pid = number_of(entry->d_name);

		if (pid)
			error = look_at_process(search, pid);
	}
	closedir(processes);
	return error;
}

/* In mountinfo, blanks and the like are written in octal: proc(5). */
static void undo_octal(char *text)
{
	char *to = text;

	for (const char *at = text; *at;) {
		if (at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' &&
		    at[3] >= '0' && at[3] <= '7') {
			*to++ = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
			at += 4;
		} else {
			*to++ = *at++;
		}
	}
	*to = '\0';
}

/*
 * Reads a line of mountinfo: *point, to be freed, where an IPC namespace is
 * mounted, or NULL if there is no memory for it, and *inode, which one. False:
 * it is another mount.
 */
static bool parse_mount(const char *line, ino_t *inode, char **point)
{
	static const char prefix[] = "ipc:[";
	const char *at = line;
	char *end;

	/* blanks in names are written otherwise, so that nothing else can look like this */
	if (!strstr(line, " - nsfs "))
		return false;
	for (int field = 1; at && field < 4; field++)
		at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL;
	if (!at || strncmp(at, prefix, sizeof(prefix) - 1) != 0)
		return false;
	*inode = strtoul(at + sizeof(prefix) - 1, &end, 10);
	if (strncmp(end, "] ", 2) != 0)
		return false;
	*point = strndup(end + 2, strcspn(end + 2, " "));
	if (*point)
		undo_octal(*point);
	return true;
}

/*
 * Opens a mount point below a root directory, as O_PATH. Only what the kernel
 * has at hand is looked at: all of the way to a mount point is, and a file
 * system that does not answer, as FUSE in a hostile container, cannot make us
 * wait. Nor is any symlink followed. Before Linux 5.12 there is no such call:
 * the path is then opened as usual if it is our own, else that is ENOSYS.
 */
static int open_mount(int root, const char *point, bool own)
{
	struct openat2_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_CACHED,
	};
	int fd = -1;

	/* a rename somewhere else can make it say EAGAIN, too */
	for (int tries = 0; tries < 100; tries++) {
		fd = (int)syscall(SYS_openat2, root, point, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd >= 0 || !own)
		return fd;
	return open(point, O_PATH | O_CLOEXEC);
}

/* Opens the namespace that is mounted there. */
static int open_mounted(int root, const char *point, bool own, const struct namespace *wanted,
			struct namespace *ns)
{
	struct stat status;
	char path[64];
	int fd = open_mount(root, point, own);
	int error;

	*ns = (struct namespace){ .fd = -1 };
	if (fd < 0)
		return errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	/* another mount may hide it; opening, say, a device could do something */
	if (fstat(fd, &status) < 0 || status.st_dev != wanted->device)
		error = ENOENT;
	else
		error = namespace_open(path, ns);
	close(fd);
	return error;
}

/* Whether the mount is there still. */
static bool has_line(const char *path, const char *line)
{
	FILE *file = fopen(path, "re");
	char *other = NULL;
	size_t capacity = 0;
	bool found = false;

	while (file && !found && getline(&other, &capacity, file) >= 0)
		found = strcmp(line, other) == 0;
	free(other);
	if (file)
		fclose(file);
	return found;
}

/* What is needed for each line of one mountinfo. */
struct mount_table {
	char path[64]; /* of itself */
	int root;
	pid_t pid;
	bool own;
};

static int add_mount(struct search *search, const struct mount_table *table, const char *line,
		     ino_t inode, const char *point)
{
	struct namespace *known;
	struct namespace wanted = {
		.device = search->found->items[0].device,
		.inode = inode,
		.fd = -1,
	};
	struct namespace ns;
	int length;

	known = namespaces_get(search->found, &wanted);
	if (known && known->fd >= 0)
		return 0;
	wanted.error = open_mounted(table->root, point, table->own, &wanted, &ns);
	if (wanted.error &&
	    (wanted.error == ENOSYS || wanted.error == EINVAL || !has_line(table->path, line)))
		return 0;
	if (wanted.error)
		ns = wanted;
	if (known) {
		/* met before where it could not be opened */
		known->fd = ns.fd;
		known->error = ns.error;
		free(ns.path);
		return 0;
	}
	free(ns.path);
	length = table->own ? asprintf(&ns.path, "%s", point)
			    : asprintf(&ns.path, "/proc/%d/root%s", table->pid, point);
	if (length < 0) {
		ns.path = NULL;
		namespace_close(&ns);
		return ENOMEM;
	}
	return namespaces_add(search->found, &ns);
}

static int read_mount_table(struct search *search, const struct mount_table *table)
{
	FILE *file = fopen(table->path, "re");
	char *line = NULL;
	size_t capacity = 0;
	int error = 0;

	if (!file)
		return errno == ENOMEM ? ENOMEM : 0; /* it ended */
	while (!error) {
		char *point;
		ino_t inode;

		errno = 0;
		if (getline(&line, &capacity, file) < 0) {
			error = errno == ENOMEM ? ENOMEM : 0;
			break;
		}
		if (!parse_mount(line, &inode, &point))
			continue;
		error = point ? add_mount(search, table, line, inode, point) : ENOMEM;
		free(point);
	}
	free(line);
	fclose(file);
	return error;
}

static int look_at_mounts(struct search *search)
{
	int error = 0;

	for (size_t i = 0; i < search->mounts_count && !error; i++) {
		struct mount_table table = { .pid = search->mounts[i].pid };
		char root[64];

		if (!probe_returns(&search->probe, table.pid)) {
			search->found->hidden++;
			continue;
		}
		snprintf(root, sizeof(root), "/proc/%d/root", table.pid);
		snprintf(table.path, sizeof(table.path), "/proc/%d/mountinfo", table.pid);
		table.own = table.pid == getpid();
		table.root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (table.root < 0)
			continue; /* it ended */
		error = read_mount_table(search, &table);
		close(table.root);
	}
	return error;
}

int namespaces_find(struct namespaces *found)
{
	struct search search = { .found = found };
	struct namespace own;
	int error;

	*found = (struct namespaces){ 0 };
	raise_file_limit();
	error = namespace_open("/proc/self/ns/ipc", &own);
	if (!error)
		error = namespaces_add(found, &own);
	if (!error)
		error = add_mounts(&search, getpid());
	if (!error)
		error = look_at_processes(&search);
	if (!error)
		error = look_at_mounts(&search);
	probe_end(&search.probe);
	free(search.mounts);
	return error;
}
