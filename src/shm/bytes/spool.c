/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/bytes/spool.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shm/system/cgroup.h"
#include "shm/system/procfile.h"
#include "shm/system/signals.h"

/* Copies a piece of the input; 0, an errno value, or -1 at the end of the input. */
static int take_piece(int fd, int spool, uint64_t *held, uint64_t most, uint64_t limit)
{
	static unsigned char buffer[256 * 1024];
	size_t wanted = most - *held < sizeof(buffer) ? (size_t)(most - *held) : sizeof(buffer);
	ssize_t got = read(fd, buffer, wanted);

	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : errno;
	if (got == 0)
		return -1;
	*held += (uint64_t)got;
	if (*held > limit)
		return EFBIG;
	for (ssize_t put = 0; put < got;) {
		ssize_t some = write(spool, buffer + put, (size_t)(got - put));

		if (some < 0 && errno != EINTR)
			return errno;
		put += some < 0 ? 0 : some;
	}
	return 0;
}

/*
 * How much memory a stream that may have no end may take: half of what can be
 * had, so that neither we nor others are killed for want of it.
 */
static uint64_t fair_share(void)
{
	struct cgroup_memory memory;
	uint64_t available;

	cgroup_memory_read(&memory);
	/* without /proc there is no telling */
	if (file_number("/proc/meminfo", "MemAvailable", &available) == 0 &&
	    available * 1024 < memory.left)
		memory.left = available * 1024;
	return memory.left / 2;
}

/* Takes most bytes at most, of input that may not be larger than limit. */
static int take_in(int fd, uint64_t most, uint64_t limit, int *error)
{
	int spool = memfd_create("shmtool-input", MFD_CLOEXEC);
	uint64_t share = fair_share();
	uint64_t held = 0;

	*error = spool < 0 ? errno : 0;
	while (!*error) {
		*error = signals_wait(fd, POLLIN, -1);
		if (!*error)
			*error = take_piece(fd, spool, &held, most, limit < share ? limit : share);
	}
	if (*error == -1)
		*error = lseek(spool, 0, SEEK_SET) < 0 ? errno : 0;
	if (*error && spool >= 0) {
		close(spool);
		spool = -1;
	}
	return spool;
}

int spool_all(int fd, uint64_t limit, int *error)
{
	return take_in(fd, UINT64_MAX, limit, error);
}

int spool_some(int fd, uint64_t limit, int *error)
{
	return take_in(fd, limit, UINT64_MAX, error);
}
