// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hold [-r] ID: attach a segment (-r: read only), say "attached", and keep it
 * until killed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int flags = 0;
	char *end;
	long id;

	if (argc == 3 && strcmp(argv[1], "-r") == 0)
		flags = SHM_RDONLY;
	else if (argc != 2)
		return 2;

	errno = 0;
	id = strtol(argv[argc - 1], &end, 10);
	if (errno || *end != '\0' || end == argv[argc - 1])
		return 2;

	if (shmat((int)id, NULL, flags) == (void *)-1) {
		perror("hold: shmat");
		return 1;
	}
	if (puts("attached") == EOF || fflush(stdout) == EOF)
		return 1;
	for (;;)
		pause();
}
