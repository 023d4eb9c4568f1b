// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes with many mappings, for measuring a search through all of them.
 *
 *     many-mappings PROCESSES MAPPINGS ID
 *
 * Each has so many mappings, every other one of a file, as with libraries, and
 * one more: the segment. Says "attached" when all are there; they end with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "many-mappings: %s: %s\n", what, strerror(errno));
	return 1;
}

/* Neighbours of different kinds, so that the kernel does not join them. */
static int map_many(size_t count)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *place = mmap(NULL, count * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (place == MAP_FAILED || fd < 0)
		return -1;
	for (size_t i = 0; i < count; i += 2) {
		if (mmap(place + i * page, page, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) ==
		    MAP_FAILED)
			return -1;
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	long processes;

	if (argc != 4) {
		fputs("usage: many-mappings PROCESSES MAPPINGS ID\n", stderr);
		return 2;
	}
	processes = strtol(argv[1], NULL, 10);
	/* the program itself has about 25 */
	if (map_many(strtoul(argv[2], NULL, 10)) < 0)
		return fail("mmap");
	if (shmat((int)strtol(argv[3], NULL, 10), NULL, 0) == (void *)-1)
		return fail("shmat");
	for (long i = 1; i < processes; i++) {
		pid_t parent = getpid();
		pid_t child = fork(); /* it inherits them all */

		if (child < 0)
			return fail("fork");
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			while (getppid() == parent)
				pause();
		}
	}
	puts("attached");
	fflush(stdout);
	for (;;)
		pause();
}
