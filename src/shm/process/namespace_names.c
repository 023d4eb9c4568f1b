/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/namespace_names.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "shm/process/unit.h"
#include "shm/system/procfile.h"

/* Which list of users a process sees. */
struct users {
	ino_t user_namespace; /* inode; 0: not known */
	dev_t device;         /* of /etc/passwd */
	ino_t inode;          /* the same; 0: not known */
};

struct search {
	const struct namespaces *found;
	bool by_inode; /* look at any process, not only at the known one of each namespace */
	struct utsname here;
	ino_t own_uts; /* inode of the UTS namespace */
	ino_t own_ipc;
	struct users own;
};

/* What a worker sends about a namespace. */
struct answer {
	size_t index;
	bool same_users; /* /etc/passwd is that of this machine */
	bool other_user_namespace;
	char name[UNIT_SIZE]; /* "": none */
};

static ino_t inode_at(int process, const char *path)
{
	struct stat status;

	return fstatat(process, path, &status, 0) < 0 ? 0 : status.st_ino;
}

/* Finds the list of users of a process. Follows no symlink, which could lead elsewhere. */
static struct users users_of(int process)
{
	struct users users = { .user_namespace = inode_at(process, "ns/user") };
	struct stat status;
	int directory = openat(process, "root/etc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (directory < 0)
		return users;
	if (fstatat(directory, "passwd", &status, AT_SYMLINK_NOFOLLOW) == 0) {
		users.device = status.st_dev;
		users.inode = status.st_ino;
	}
	close(directory);
	return users;
}

/* Sets the host name of a process in another UTS namespace; false: there is none, or unknown. */
static bool host_name(const struct search *search, const struct worker *worker, int process,
		      char name[UNIT_SIZE])
{
	struct utsname there;
	int fd;
	bool entered;

	/* only in a child, which never returns to its own UTS namespace */
	if (!worker->is_child || inode_at(process, "ns/uts") == search->own_uts)
		return false;
	fd = openat(process, "ns/uts", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	entered = setns(fd, CLONE_NEWUTS) == 0;
	close(fd);
	if (!entered || uname(&there) < 0 || !*there.nodename ||
	    strcmp(there.nodename, search->here.nodename) == 0 ||
	    strcmp(there.nodename, "localhost") == 0 || strcmp(there.nodename, "(none)") == 0)
		return false;
	snprintf(name, UNIT_SIZE, "%s", there.nodename);
	return true;
}

static void set_unit(int process, char name[UNIT_SIZE])
{
	static char text[CGROUP_SIZE];

	name[0] = '\0';
	if (file_read_at(process, "cgroup", text, sizeof(text), NULL) == 0)
		unit_of_cgroup(text, name);
}

/* The index of the namespace that this process can name; SIZE_MAX: none. */
static size_t index_of(const struct search *search, pid_t pid, ino_t inode)
{
	const struct namespaces *found = search->found;
	size_t i = 0;

	while (i < found->count &&
	       (found->items[i].inode != inode ||
		(search->by_inode ? !found->items[i].named_by_pause : found->items[i].pid != pid)))
		i++;
	return i < found->count ? i : SIZE_MAX;
}

/* In a worker. An open directory stays that of this process, even if its pid is reused. */
static int look(const struct worker *worker, void *context, pid_t pid)
{
	const struct search *search = context;
	struct answer answer = { 0 };
	struct users users;
	char path[32];
	int process;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	process = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (process < 0)
		return errno;
	answer.index = index_of(search, pid, inode_at(process, "ns/ipc"));
	if (answer.index != SIZE_MAX) {
		users = users_of(process);
		answer.same_users = users.inode && users.inode == search->own.inode &&
				    users.device == search->own.device;
		answer.other_user_namespace =
			users.user_namespace && users.user_namespace != search->own.user_namespace;
		if (!host_name(search, worker, process, answer.name))
			set_unit(process, answer.name);
		worker_send(worker, &answer,
			    offsetof(struct answer, name) + strlen(answer.name) + 1, -1);
	}
	close(process);
	return 0;
}

/*
 * User names apply if the ids are those of this machine. The kernel translates the ids of another
 * user namespace, unless that was entered.
 */
static int take(void *context, pid_t pid, const void *message, size_t size, int fd)
{
	const struct search *search = context;
	const struct answer *answer = message;
	char other[COMMAND_SIZE];
	const char *command;
	struct namespace *ns;

	(void)fd;
	if (size <= offsetof(struct answer, name) || size > sizeof(*answer) ||
	    ((const char *)message)[size - 1] || answer->index >= search->found->count)
		return EBADMSG;
	ns = &search->found->items[answer->index];
	command = ns->command;
	if (search->by_inode) {
		process_read_command(pid, other);
		command = other;
	}
	if (search->by_inode && (!ns->named_by_pause || strcmp(command, "pause") == 0))
		return 0;
	strcpy(ns->name, answer->name);
	ns->users_known = !ns->foreign && (answer->same_users || answer->other_user_namespace);
	ns->named_by_pause = !search->by_inode && strcmp(command, "pause") == 0 &&
			     strncmp(ns->name, "pod/", 4) == 0;
	return 0;
}

/* Looks at the known processes of the namespaces. Returns whether others are needed, too. */
static bool ask_known(struct search *search, struct scan *scan)
{
	const struct namespaces *found = search->found;
	pid_t *pids = calloc(found->count + 1, sizeof(*pids));
	size_t count = 0;
	bool more = false;

	for (size_t i = 0; pids && i < found->count; i++) {
		struct namespace *ns = &found->items[i];

		if (ns->inode == search->own_ipc) {
			snprintf(ns->name, sizeof(ns->name), "%s", search->here.nodename);
			ns->users_known = true;
		} else if (ns->pid) {
			pids[count++] = ns->pid;
		}
	}
	if (count)
		scan_list(scan, pids, count);
	free(pids);
	for (size_t i = 0; i < found->count; i++)
		more |= found->items[i].named_by_pause;
	return more;
}

void namespace_names_find(const struct namespaces *found, struct scan_losses *losses)
{
	struct search search = { .found = found };
	struct scan scan = { .look = look, .take = take, .context = &search, .losses = losses };
	int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (self < 0 || uname(&search.here) < 0)
		return;
	search.own_uts = inode_at(self, "ns/uts");
	search.own_ipc = inode_at(self, "ns/ipc");
	search.own = users_of(self);
	close(self);
	if (!proc_is_ours() || !ask_known(&search, &scan))
		return;
	search.by_inode = true;
	scan_all(&scan);
}
