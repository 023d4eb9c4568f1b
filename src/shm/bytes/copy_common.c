/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/bytes/copy_common.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "shm/system/signals.h"

/* Bytes of a mapping that are mapped in advance at a time. */
enum { PREPARED = 2 * 1024 * 1024 };

static enum end_kind kind_of(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return END_OTHER;
	if (S_ISFIFO(status.st_mode))
		return END_PIPE;
	return S_ISREG(status.st_mode) ? END_FILE : END_OTHER;
}

/*
 * Enlarges a pipe to COPY_PIECE bytes. Its two ends then alternate less often,
 * which halves the time of a copy. Does nothing without permission.
 */
static void enlarge_pipe(int fd)
{
	int capacity = fcntl(fd, F_GETPIPE_SZ);

	if (capacity > 0 && capacity < COPY_PIECE)
		fcntl(fd, F_SETPIPE_SZ, COPY_PIECE);
}

struct copy copy_begin(const struct memory *memory, uint64_t offset, uint64_t length, int fd,
		       const struct copy_options *options)
{
	struct copy copy = {
		.memory = memory,
		.options = options,
		.fd = fd,
		.kind = kind_of(fd),
		.begin = offset,
		.at = offset,
		.end = offset + length,
	};

	if (copy.kind == END_PIPE && length > COPY_PIECE)
		enlarge_pipe(fd);
	return copy;
}

int copy_wait(const struct copy *copy, short events)
{
	const int64_t interval = copy->options->interval;

	return signals_wait(copy->fd, events, interval ? interval : -1);
}

void copy_report(const struct copy *copy)
{
	if (copy->options->report)
		copy->options->report(copy->options->state, copy->at - copy->begin);
}

void copy_prepare(struct copy *copy, uint64_t length, bool writing)
{
	if (copy->at < copy->prepared)
		return;
	length = at_most(length, PREPARED);
	memory_prepare(copy->memory, copy->at, length, writing);
	copy->prepared = copy->at + length;
}

bool is_unsupported(int error)
{
	return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == EXDEV ||
	       error == EFBIG || error == EPERM || error == EACCES;
}
