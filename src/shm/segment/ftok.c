/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/ftok.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/system/safe_open.h"

int ftok_key_of(int fd, uint64_t project, key_t *key)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return errno;
	*key = (key_t)((uint32_t)(project & 0xff) << 24 | (uint32_t)(status.st_dev & 0xff) << 16 |
		       (uint32_t)(status.st_ino & 0xffff));
	return 0;
}

int ftok_key(const char *path, uint64_t project, key_t *key)
{
	int fd;
	int error = safe_open(path, O_PATH, &fd);

	if (error)
		return error;
	error = ftok_key_of(fd, project, key);
	close(fd);
	return error;
}
