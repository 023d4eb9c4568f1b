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

#include "shm/system/procfile.h"

/* --- Names --- */

/*
 * Finds the root directory of a process, without asking a file server that may not answer:
 * the flag is one of statx(2), which musl has only since 1.2.5, but the kernel takes it here, too.
 */
static ino_t root_of(int process, dev_t *device)
{
	struct stat status;

	if (fstatat(process, "root", &status, AT_STATX_DONT_SYNC) < 0)
		return 0;
	*device = status.st_dev;
	return status.st_ino;
}

void surroundings_read(struct surroundings *here)
{
	struct utsname name;
	int self;

	*here = (struct surroundings){ 0 };
	if (uname(&name) == 0)
		snprintf(here->host_name, sizeof(here->host_name), "%s", name.nodename);
	self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (self < 0)
		return;
	here->uts = namespace_inode(self, "ns/uts", "uts");
	here->mounts = namespace_inode(self, "ns/mnt", "mnt");
	here->root = root_of(self, &here->device);
	close(self);
}

/* Sets the host name of a process in another UTS namespace; false: there is none, or unknown. */
static bool host_name(const struct worker *worker, const struct surroundings *here, int process,
		      char name[UNIT_SIZE])
{
	struct utsname there;
	int fd;
	bool entered;

	/* only in a child, which never returns to its own UTS namespace */
	if (!worker->is_child || namespace_inode(process, "ns/uts", "uts") == here->uts)
		return false;
	fd = openat(process, "ns/uts", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false; /* GCOVR_EXCL_LINE: rarely: it exits now */
	entered = setns(fd, CLONE_NEWUTS) == 0;
	close(fd);
	if (!entered || uname(&there) < 0 || !*there.nodename ||
	    strcmp(there.nodename, here->host_name) == 0 ||
	    strcmp(there.nodename, "localhost") == 0 || strcmp(there.nodename, "(none)") == 0)
		return false;
	snprintf(name, UNIT_SIZE, "%s", there.nodename);
	return true;
}

void namespace_names_read(const struct worker *worker, const struct surroundings *here, int process,
			  ino_t mounts, struct cgroup_memo *memo, struct namespace_names *names)
{
	static char text[CGROUP_SIZE];
	bool has_name = host_name(worker, here, process, names->name);
	dev_t device = 0;

	/* before Linux 6.8, this waits for cgroup_mutex */
	if ((has_name && !memo) || scan_read_locked(worker, process, "cgroup", text, sizeof(text)))
		*text = '\0';
	if (!has_name)
		unit_of_cgroup(text, names->name);
	if (memo) {
		cgroup_memory_of(text, memo);
		names->cgroup = memo->memory;
	}
	names->users_known = here->root && mounts == here->mounts &&
			     root_of(process, &device) == here->root && device == here->device;
}

/* --- Users --- */

/* Which list of users a process sees. */
struct users {
	ino_t user_namespace; /* inode; 0: not known */
	dev_t device;         /* of /etc/passwd */
	ino_t inode;          /* the same; 0: not known */
};

struct search {
	struct namespace *namespaces;
	size_t count;
	struct users own;
};

/* Finds the list of users of a process. Follows no symlink, which could lead elsewhere. */
static struct users users_of(int process)
{
	struct users users = { .user_namespace = namespace_inode(process, "ns/user", "user") };
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

/*
 * In a worker: sends the inode of the IPC namespace of a process to which the names of users
 * apply, since their ids are those of this machine. The kernel translates the ids of another user
 * namespace.
 */
static int look(const struct worker *worker, void *context, pid_t pid, int process)
{
	const struct search *search = context;
	const struct users *own = &search->own;
	ino_t inode = namespace_inode(process, "ns/ipc", "ipc");
	struct users users = users_of(process);

	(void)pid;
	if ((users.user_namespace && users.user_namespace != own->user_namespace) ||
	    (users.inode && users.inode == own->inode && users.device == own->device))
		worker_send(worker, &inode, sizeof(inode), -1);
	return 0;
}

static int take(void *context, pid_t pid, const void *message, size_t size, int fd)
{
	const struct search *search = context;
	ino_t inode;

	(void)fd;
	if (size != sizeof(inode))
		return EBADMSG;
	memcpy(&inode, message, sizeof(inode));
	for (size_t i = 0; i < search->count; i++) {
		struct namespace *ns = &search->namespaces[i];

		if (ns->pid == pid && ns->inode == inode)
			ns->users_known = true;
	}
	return 0;
}

void namespace_users_find(struct namespace *namespaces, size_t count, struct scan_losses *losses)
{
	struct search search = { .namespaces = namespaces, .count = count };
	struct scan scan = { .look = look, .take = take, .context = &search, .losses = losses };
	pid_t *pids = calloc(count + 1, sizeof(*pids));
	size_t pid_count = 0;
	int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ino_t own = self < 0 ? 0 : namespace_inode(self, "ns/ipc", "ipc");

	for (size_t i = 0; i < count; i++) {
		namespaces[i].users_known |= namespaces[i].inode == own;
		if (pids && namespaces[i].pid && !namespaces[i].users_known)
			pids[pid_count++] = namespaces[i].pid;
	}
	if (pid_count && self >= 0 && proc_is_ours()) {
		search.own = users_of(self);
		scan_list(&scan, pids, pid_count);
	}
	if (self >= 0)
		close(self);
	free(pids);
}
