/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/transfer.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

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

int transfer_spool(int fd, struct interrupt *interrupt, int *error)
{
	static char buffer[64 * 1024];
	int spool = memfd_create("shmtool-input", MFD_CLOEXEC);

	*error = spool < 0 ? errno : 0;
	while (!*error) {
		ssize_t got = 0;

		*error = interrupt_wait(interrupt, fd, POLLIN, -1);
		if (!*error) {
			got = read(fd, buffer, sizeof(buffer));
			if (got == 0)
				break;
			if (got < 0 && errno != EINTR && errno != EAGAIN)
				*error = errno;
		}
		for (ssize_t put = 0; !*error && put < got;) {
			ssize_t some = write(spool, buffer + put, (size_t)(got - put));

			if (some < 0)
				*error = errno;
			else
				put += some;
		}
	}
	if (!*error && lseek(spool, 0, SEEK_SET) < 0)
		*error = errno;
	if (*error && spool >= 0) {
		close(spool);
		spool = -1;
	}
	return spool;
}
