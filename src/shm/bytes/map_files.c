/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/bytes/map_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int map_files_allowed(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct stat status;
	char path[80];
	void *memory = mmap(NULL, page, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int error;

	if (memory == MAP_FAILED)
		return errno;
	snprintf(path, sizeof(path), "/proc/self/map_files/%" PRIxPTR "-%" PRIxPTR,
		 (uintptr_t)memory, (uintptr_t)memory + page);
	error = stat(path, &status) < 0 ? errno : 0;
	munmap(memory, page);
	return error;
}

int map_files_open(const void *attached, uint64_t length, int flags)
{
	const uintptr_t start = (uintptr_t)attached;
	char path[80];

	snprintf(path, sizeof(path), "/proc/self/map_files/%" PRIxPTR "-%" PRIxPTR, start,
		 start + (uintptr_t)length);
	return open(path, flags | O_CLOEXEC);
}

void own_mapping_look(const void *attached, struct own_mapping *mapping)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	char *line = NULL;
	size_t capacity = 0;
	bool here = false;

	*mapping = (struct own_mapping){ .length = UINT64_MAX };
	while (file && getline(&line, &capacity, file) > 0) {
		char *rest;
		uintptr_t start = strtoul(line, &rest, 16);

		if (*rest == '-') {
			here = start == (uintptr_t)attached;
			if (here)
				mapping->length = strtoul(rest + 1, NULL, 16) - start;
		} else if (here && strncmp(line, "KernelPageSize:", 15) == 0) {
			mapping->page = strtoul(line + 15, NULL, 10) * 1024;
			break;
		}
	}
	free(line);
	if (file)
		fclose(file);
}

int map_files_path(int fd, char *path, size_t size)
{
	char self[32];
	/* not getpid(): /proc may belong to another PID namespace */
	ssize_t length = readlink("/proc/self", self, sizeof(self) - 1);

	if (length < 0)
		return errno;
	self[length] = '\0';
	return (size_t)snprintf(path, size, "/proc/%s/fd/%d", self, fd) < size ? 0 : ENAMETOOLONG;
}
