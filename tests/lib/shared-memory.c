// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes that have all of their memory in common, with many mappings in it.
 *
 *     shared-memory PROCESSES MAPPINGS
 *
 * The mappings are of a file of memfd_create(2), which is on the same device as segments.
 * Prints the process ids, one per line, when all are there; they end with it.
 */
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { STACK = 16 * 1024 };

static int wait_forever(void *context)
{
	(void)context;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (pause() < 0)
		;
	return 0;
}

/* Of different access, so that the kernel does not join them. */
static void map_many(long count)
{
	int fd = memfd_create("shared", MFD_CLOEXEC);

	for (long i = 0; i < count; i++) {
		int access = i % 2 ? PROT_READ : PROT_READ | PROT_WRITE;

		if (mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), access, MAP_SHARED, fd, 0) ==
		    MAP_FAILED)
			err(1, "mmap");
	}
	close(fd);
}

int main(int argc, char **argv)
{
	long processes;

	if (argc != 3)
		errx(2, "usage: shared-memory PROCESSES MAPPINGS");
	processes = strtol(argv[1], NULL, 10);
	map_many(strtol(argv[2], NULL, 10));
	for (long i = 0; i < processes; i++) {
		char *stack = malloc(STACK);
		int child =
			stack ? clone(wait_forever, stack + STACK, CLONE_VM | SIGCHLD, NULL) : -1;

		if (child < 0)
			err(1, "clone");
		printf("%d\n", child);
	}
	fflush(stdout);
	for (;;)
		pause();
}
