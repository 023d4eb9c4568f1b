/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/bytes/spool.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shm/system/cgroup.h"
#include "shm/system/procfile.h"
#include "shm/system/signals.h"
#include "shm/system/write_all.h"

enum { PIECE = 256 * 1024 };

/* Copies at most wanted bytes of the input. Returns 0, an errno value, or -1 at its end. */
static int take_piece(int fd, int spool, uint64_t wanted, uint64_t *held)
{
	static unsigned char buffer[PIECE];
	ssize_t got = read(fd, buffer, wanted < PIECE ? (size_t)wanted : PIECE);

	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : errno;
	if (got == 0)
		return -1;
	*held += (uint64_t)got;
	return write_all(spool, buffer, (size_t)got);
}

/*
 * How much memory the stream may use, which may be endless: half of the available
 * memory, so that no process is killed for lack of memory.
 */
static uint64_t memory_share(void)
{
	struct cgroup_memory memory;
	uint64_t available;

	cgroup_memory_read("/proc/self/cgroup", &memory);
	/* without /proc, only the control group's limit is known */
	if (file_number("/proc/meminfo", "MemAvailable", &available) == 0 &&
	    available * 1024 < memory.left)
		memory.left = available * 1024;
	return memory.left / 2;
}

int spool(int fd, uint64_t most, int *error)
{
	int file = memfd_create("shmtool-input", MFD_CLOEXEC);
	uint64_t share = memory_share();
	uint64_t held = 0;

	*error = file < 0 ? errno : 0;
	while (!*error && held < most) {
		*error = signals_wait(fd, POLLIN, -1);
		if (!*error)
			*error = take_piece(fd, file, most - held, &held);
		if (held > share)
			*error = EFBIG;
	}
	if (*error == -1)
		*error = 0;
	if (!*error && lseek(file, 0, SEEK_SET) < 0)
		*error = errno;
	if (*error && file >= 0) {
		close(file);
		file = -1;
	}
	return file;
}
