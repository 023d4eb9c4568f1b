// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes that are stuck in execve(2), as any user can make them: each has a
 * close-on-exec file of a FUSE file system that never answers the FLUSH, and so
 * never gets through with closing it.
 *
 *     stuck-in-exec DIRECTORY COUNT UID [later]
 *
 * Mounts it on the directory, and starts so many processes of this user, each in
 * an IPC namespace of its own; it gets stuck at once, or later, when it gets
 * SIGUSR1. With CREATE in the environment, each creates a segment before that, where the program
 * was started; with MANY_USERS, each has a user of its own, from UID on. Prints their process ids and then "ready". All end with this program,
 * and after a minute: as long as they are stuck, ps(1) hangs on the whole
 * machine.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_NODE = 2 };

static void answer(int device, uint64_t request, int error, const void *data, size_t size)
{
	char message[256];
	struct fuse_out_header head = {
		.len = (uint32_t)(sizeof(head) + size),
		.error = -error,
		.unique = request,
	};

	memcpy(message, &head, sizeof(head));
	if (size)
		memcpy(message + sizeof(head), data, size);
	if (write(device, message, head.len) < 0 && errno != ENOENT)
		err(1, "cannot answer");
}

static struct fuse_attr attributes_of(uint64_t node)
{
	return (struct fuse_attr){
		.ino = node,
		.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0644,
		.nlink = 1,
	};
}

static void serve(int device, const struct fuse_in_header *head)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = 31,
		.max_write = 4096,
	};
	struct fuse_attr_out attr = { .attr = attributes_of(head->nodeid) };
	struct fuse_entry_out entry = { .nodeid = FILE_NODE, .attr = attributes_of(FILE_NODE) };
	struct fuse_open_out opened = { .fh = 1 };

	switch (head->opcode) {
	case FUSE_INIT:
		answer(device, head->unique, 0, &init, sizeof(init));
		break;
	case FUSE_GETATTR:
		answer(device, head->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_LOOKUP:
		answer(device, head->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_OPEN:
		answer(device, head->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_FLUSH: /* that is the point */
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(device, head->unique, ENOSYS, NULL, 0);
	}
}

static void serve_all(int device)
{
	static _Alignas(struct fuse_in_header) char request[FUSE_MIN_READ_BUFFER];

	for (;;) {
		ssize_t got = read(device, request, sizeof(request));

		if (got >= (ssize_t)sizeof(struct fuse_in_header))
			serve(device, (const struct fuse_in_header *)request);
		else if (errno != EINTR && errno != ENOENT && errno != EAGAIN)
			_exit(0);
	}
}

static void get_stuck(int device, int ready, const char *directory, uid_t uid, int later)
{
	char path[4096];
	sigset_t usr1;

	/* only when the last one of this is closed, SIGKILL ends who waits for an answer */
	close(device);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getenv("CREATE") && shmget(IPC_PRIVATE, 1, 0600) < 0)
		err(1, "shmget");
	if (unshare(CLONE_NEWIPC) < 0)
		err(1, "unshare");
	if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
		err(1, "setresuid");
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* it was reset by that */
	snprintf(path, sizeof(path), "%s/file", directory);
	if (open(path, O_RDONLY | O_CLOEXEC) < 0)
		err(1, "%s", path);
	if (write(ready, "x", 1) != 1)
		err(1, "write");
	if (later)
		sigwait(&usr1, &(int){ 0 });
	execlp("sleep", "sleep", "1000", (char *)NULL);
	err(1, "sleep");
}

int main(int argc, char **argv)
{
	char options[100];
	char byte;
	int ready[2];
	int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	uid_t uid;

	if (argc < 4)
		errx(2, "usage: stuck-in-exec DIRECTORY COUNT UID [later]");
	uid = (uid_t)strtol(argv[3], NULL, 10);
	if (device < 0)
		err(1, "/dev/fuse");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		 device);
	if (pipe2(ready, O_CLOEXEC) < 0)
		err(1, "pipe");
	if (mount("stuck", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		err(1, "cannot mount %s", argv[1]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(60);
		serve_all(device);
	}
	for (long i = strtol(argv[2], NULL, 10); i > 0; i--) {
		pid_t child = fork();

		if (child == 0)
			get_stuck(device, ready[1], argv[1], uid, argc > 4);
		uid += getenv("MANY_USERS") != NULL;
		if (child < 0 || read(ready[0], &byte, 1) != 1)
			errx(1, "a process could not be started");
		printf("%d\n", child);
	}
	close(device);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
