// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Holds segments in all the ways that a search for holders has to know.
 *
 *     holder HOW ID
 *
 * attaches the segment, does what HOW says (below), says "attached" and keeps
 * it until killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int id;
static char *memory; /* the segment, attached */
static size_t size;
static long page;

static void die(const char *what)
{
	fprintf(stderr, "holder: %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* Ends with its parent: tests know of no children. */
static void end_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void stay(void)
{
	static const char ready[] = "attached\n";

	if (write(STDOUT_FILENO, ready, sizeof(ready) - 1) < 0)
		die("write");
	for (;;)
		pause();
}

static void *stay_in_thread(void *nothing)
{
	stay();
	return nothing;
}

/* Its first thread exits, and another one stays. */
static void how_leader(void)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, stay_in_thread, NULL);
	if (errno)
		die("pthread_create");
	/* not pthread_exit(), which may want to load a library first */
	syscall(SYS_exit, 0);
}

static int stay_in_child(void *nothing)
{
	(void)nothing;
	end_with_parent();
	stay();
	return 0;
}

/* Two processes with one memory. */
static void how_share(void)
{
	static char stack[64 * 1024] __attribute__((aligned(16)));

	if (clone(stay_in_child, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL) < 0)
		die("clone");
	for (;;)
		pause();
}

static int pause_in_child(void *nothing)
{
	(void)nothing;
	end_with_parent();
	for (;;)
		pause();
	return 0;
}

/* 21 processes with one memory, in which it is attached 100 times. */
static void how_crowd(void)
{
	enum { STACK = 64 * 1024 };
	static char stacks[20][STACK] __attribute__((aligned(16)));

	for (int i = 1; i < 100; i++) {
		if (shmat(id, NULL, SHM_RDONLY) == (void *)-1)
			die("shmat");
	}
	for (int i = 0; i < 20; i++) {
		if (clone(pause_in_child, stacks[i] + STACK, CLONE_VM | SIGCHLD, NULL) < 0)
			die("clone");
	}
	stay();
}

/* A child that has the memory, but is a process of its own. */
static void how_fork(void)
{
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child > 0) {
		for (;;)
			pause();
	}
	/* the child reports, since only now it ends with its parent */
	end_with_parent();
	stay();
}

/* Of five pages the second is for reading only, and the fourth is not there. */
static void how_split(void)
{
	if (mprotect(memory + page, (size_t)page, PROT_READ) < 0)
		die("mprotect");
	if (munmap(memory + 3 * page, (size_t)page) < 0)
		die("munmap");
	stay();
}

/* Enlarged, by a page beyond its end. */
static void how_grow(void)
{
	if (mremap(memory, size, size + (size_t)page, MREMAP_MAYMOVE) == MAP_FAILED)
		die("mremap");
	stay();
}

/* A page of it is mapped where it has none. */
static void how_beyond(void)
{
	if (remap_file_pages(memory, (size_t)page, 0, size / (size_t)page + 1000, 0) < 0)
		die("remap_file_pages");
	stay();
}

/* No access to it at all. */
static void how_none(void)
{
	if (mprotect(memory, size, PROT_NONE) < 0)
		die("mprotect");
	stay();
}

/* Attached twice. */
static void how_twice(void)
{
	if (shmat(id, NULL, SHM_RDONLY) == (void *)-1)
		die("shmat");
	stay();
}

/* A user's processes may look at this one only when it has no more rights than they. */
static void drop_rights(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	if (geteuid() != 0 && syscall(SYS_capset, &head, none) < 0)
		die("capset");
}

/* It has left the IPC namespace since it attached. */
static void how_leave(void)
{
	if (unshare(CLONE_NEWIPC) < 0)
		die("unshare");
	drop_rights();
	stay();
}

/* Now in the namespace $HOLDER_NS, and not where it attached. */
static void how_enter(void)
{
	const char *path = getenv("HOLDER_NS");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0 || setns(fd, CLONE_NEWIPC) < 0)
		die("setns");
	drop_rights();
	stay();
}

/* Mapped once more as a file, which the kernel does not count. */
static void how_file(void)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)memory,
		 (unsigned long)(memory + size));
	fd = open(path, O_RDWR);
	if (fd < 0)
		die(path);
	if (mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
		die("mmap");
	stay();
}

/* A name that plays with terminals. */
static void how_name(void)
{
	prctl(PR_SET_NAME, "a\033[31m\nb\"\\");
	stay();
}

/* Children that attach it and end at once, again and again. */
static void how_swarm(void)
{
	puts("attached");
	fflush(stdout);
	for (;;) {
		for (int i = 0; i < 8; i++) {
			if (fork() == 0) {
				shmat(id, NULL, 0);
				_exit(0);
			}
		}
		while (wait(NULL) > 0) {}
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} hows[] = {
	{ "leader", how_leader }, { "share", how_share },   { "fork", how_fork },
	{ "split", how_split },   { "none", how_none },     { "twice", how_twice },
	{ "leave", how_leave },   { "enter", how_enter },   { "file", how_file },
	{ "name", how_name },     { "swarm", how_swarm },   { "crowd", how_crowd },
	{ "grow", how_grow },     { "beyond", how_beyond },
};

int main(int argc, char **argv)
{
	struct shmid_ds status;

	if (argc != 3) {
		fputs("usage: holder HOW ID\n", stderr);
		return 2;
	}
	id = (int)strtol(argv[2], NULL, 10);
	page = sysconf(_SC_PAGESIZE);
	if (shmctl(id, IPC_STAT, &status) < 0)
		die("shmctl");
	size = (status.shm_segsz + (size_t)page - 1) / (size_t)page * (size_t)page;
	memory = shmat(id, NULL, 0);
	if (memory == (void *)-1)
		die("shmat");
	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		if (strcmp(hows[i].name, argv[1]) == 0)
			hows[i].run();
	}
	fputs("holder: how?\n", stderr);
	return 2;
}
