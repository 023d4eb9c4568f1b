// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that uses shared memory, for the tests and the demonstration.
 *
 *     hold ID         attach a segment
 *     hold -r ID      attach it read only
 *     hold -c SIZE    make one, print its id, attach it and fill it
 *
 * Then it says "attached" and keeps the segment until killed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

static int usage(void)
{
	fputs("usage: hold [-r] ID | hold -c SIZE\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	int create = argc == 3 && strcmp(argv[1], "-c") == 0;
	int read_only = argc == 3 && strcmp(argv[1], "-r") == 0;
	long number;
	void *memory;
	char *end;
	int id;

	if (argc != 2 + (create || read_only))
		return usage();
	errno = 0;
	number = strtol(argv[argc - 1], &end, 10);
	if (errno || end == argv[argc - 1] || *end != '\0')
		return usage();

	id = create ? shmget(IPC_PRIVATE, (size_t)number, IPC_CREAT | 0600) : (int)number;
	if (id == -1) {
		perror("hold: shmget");
		return 1;
	}
	memory = shmat(id, NULL, read_only ? SHM_RDONLY : 0);
	if (memory == (void *)-1) {
		perror("hold: shmat");
		return 1;
	}
	if (create) {
		memset(memory, 'x', (size_t)number);
		printf("%d\n", id);
	}
	puts("attached");
	if (fflush(stdout) == EOF)
		return 1;
	for (;;)
		pause();
}
