// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What anyone would write to get bytes out of a segment and into it, to be
 * measured beside shmtool:
 *
 *     copyloop out ID     write(2) from a fresh mapping to stdout
 *     copyloop in ID      read(2) from stdin into a fresh mapping
 *     copyloop feed SIZE  so many bytes to stdout, a pipe, at next to no cost
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PIECE = 1024 * 1024 };

static char zeroes[PIECE];

static int failed(const char *what)
{
	perror(what);
	return 1;
}

static int feed(size_t size)
{
	while (size) {
		struct iovec piece = { zeroes, size < PIECE ? size : PIECE };
		ssize_t put = vmsplice(STDOUT_FILENO, &piece, 1, 0);

		if (put < 0)
			return failed("vmsplice");
		size -= (size_t)put;
	}
	return 0;
}

static int copy(int id, int in)
{
	struct shmid_ds ds;
	char *memory = shmat(id, NULL, in ? 0 : SHM_RDONLY);

	/* shmat(2) returns (void *)-1 for an error */
	if (memory == (void *)-1 || shmctl(id, IPC_STAT, &ds) < 0)
		return failed("shmat");
	for (size_t at = 0; at < ds.shm_segsz;) {
		size_t left = ds.shm_segsz - at;
		size_t piece = left < PIECE ? left : PIECE;
		ssize_t done = in ? read(STDIN_FILENO, memory + at, piece)
				  : write(STDOUT_FILENO, memory + at, piece);

		if (done < 0)
			return failed(in ? "read" : "write");
		if (done == 0)
			break;
		at += (size_t)done;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "feed") == 0)
		return feed(strtoul(argv[2], NULL, 10));
	if (argc == 3 && (strcmp(argv[1], "in") == 0 || strcmp(argv[1], "out") == 0))
		return copy((int)strtol(argv[2], NULL, 10), argv[1][0] == 'i');
	fputs("usage: copyloop out ID | in ID | feed SIZE\n", stderr);
	return 2;
}
