/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/system/write_all.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "shm/system/signals.h"

int write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length) {
		struct pollfd pollfd = { .fd = fd, .events = POLLOUT };
		ssize_t put = write(fd, at, length);

		if (put < 0 && errno == EAGAIN)
			put = poll(&pollfd, 1, -1) < 0 ? -1 : 0;
		/* a remembered signal is to end the program soon */
		if (put < 0 && (errno != EINTR || signals_came()))
			return errno;
		if (put > 0) {
			at += put;
			length -= (size_t)put;
		}
	}
	return 0;
}
