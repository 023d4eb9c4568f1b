/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/transfer.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shm/sysctl.h"

/* So much at a time, that a signal is seen soon. */
enum { CHUNK = 1024 * 1024 };

static size_t chunk(uint64_t left)
{
	return left < CHUNK ? (size_t)left : CHUNK;
}

int transfer_in(struct memory *memory, uint64_t offset, uint64_t length, int fd,
		struct interrupt *interrupt, uint64_t *done)
{
	*done = 0;
	while (*done < length) {
		int error = interrupt_wait(interrupt, fd, POLLIN, -1);
		ssize_t got;

		if (error)
			return error;
		got = read(fd, memory->bytes + offset + *done, chunk(length - *done));
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return errno;
		if (got == 0)
			return 0;
		if (got > 0)
			*done += (uint64_t)got;
	}
	return 0;
}

static void wait_writable(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };

	poll(&pollfd, 1, -1);
}

int transfer_out(const struct memory *memory, uint64_t offset, uint64_t length, int fd,
		 struct interrupt *interrupt, uint64_t *done)
{
	*done = 0;
	while (*done < length) {
		int error = interrupt ? interrupt_wait(interrupt, fd, POLLOUT, -1) : 0;
		ssize_t put;

		if (error)
			return error;
		put = write(fd, memory->bytes + offset + *done, chunk(length - *done));
		if (put < 0 && errno == EAGAIN)
			wait_writable(fd);
		else if (put < 0 && errno != EINTR)
			return errno;
		if (put > 0)
			*done += (uint64_t)put;
	}
	return 0;
}

/* Copies a piece of the input; 0, an errno value, or -1 at the end of the input. */
static int spool_piece(int fd, int spool, uint64_t *held, uint64_t limit)
{
	static char buffer[64 * 1024];
	ssize_t got = read(fd, buffer, sizeof(buffer));

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

int transfer_spool(int fd, uint64_t limit, struct interrupt *interrupt, int *error)
{
	int spool = memfd_create("shmtool-input", MFD_CLOEXEC);
	uint64_t available = UINT64_MAX / 1024;
	uint64_t held = 0;

	/* it is held twice, here and in the segment; without /proc there is no telling */
	file_number("/proc/meminfo", "MemAvailable", &available);
	if (limit > available * 1024 / 2)
		limit = available * 1024 / 2;
	*error = spool < 0 ? errno : 0;
	while (!*error) {
		*error = interrupt_wait(interrupt, fd, POLLIN, -1);
		if (!*error)
			*error = spool_piece(fd, spool, &held, limit);
	}
	if (*error == -1)
		*error = lseek(spool, 0, SEEK_SET) < 0 ? errno : 0;
	if (*error && spool >= 0) {
		close(spool);
		spool = -1;
	}
	return spool;
}
