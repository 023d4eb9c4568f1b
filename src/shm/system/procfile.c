/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/system/procfile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int file_read_at(int directory, const char *path, char *text, size_t size, size_t *total)
{
	int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got = 0;
	int error = 0;

	if (fd < 0)
		return errno;
	while (length < size - 1) {
		got = read(fd, text + length, size - 1 - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	if (got < 0)
		error = errno;
	text[length] = '\0';
	if (total)
		*total = length;
	close(fd);
	return error;
}

int file_read(const char *path, char *text, size_t size)
{
	return file_read_at(AT_FDCWD, path, text, size, NULL);
}

static int read_number(const char *text, uint64_t *value)
{
	while (*text == ' ' || *text == '\t')
		text++;
	if (!isdigit((unsigned char)*text))
		return EBADMSG;
	/* on overflow the result is the largest value, as the header promises */
	*value = strtoull(text, NULL, 10);
	return 0;
}

int sysctl_read(const char *name, uint64_t *value)
{
	char path[128];
	char text[64] = "";
	int error;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	error = file_read(path, text, sizeof(text));
	return error ? error : read_number(text, value);
}

uint32_t unmapped_user(void)
{
	static uint64_t number;

	if (!number && sysctl_read("kernel/overflowuid", &number))
		number = 65534; /* user_namespaces(7) */
	return (uint32_t)number;
}

uint64_t huge_page_count(uint64_t size, const char *which)
{
	char path[128];
	char text[32];

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/%s",
		 size / 1024, which);
	return file_read(path, text, sizeof(text)) ? 0 : strtoull(text, NULL, 10);
}

int file_number(const char *path, const char *name, uint64_t *value)
{
	char text[8192] = { 0 };
	size_t length = strlen(name);
	int error = file_read(path, text, sizeof(text));

	if (error)
		return error;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) != 0)
			continue;
		if (line[length] == ':')
			return read_number(line + length + 1, value);
	}
	return ENOENT;
}
