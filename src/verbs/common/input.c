/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/common/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/bytes/spool.h"
#include "shm/system/safe_open.h"
#include "shm/system/signals.h"

/* Finds out the size of the input. */
static int measure(struct input *input)
{
	struct stat status;
	off_t at;

	if (fstat(input->fd, &status) < 0)
		return errno;
	if (S_ISDIR(status.st_mode))
		return EISDIR;
	/* files of /proc are regular files with a size of 0, whatever they contain */
	input->is_stream = !S_ISREG(status.st_mode) || status.st_size == 0;
	if (input->is_stream)
		return 0;
	at = lseek(input->fd, 0, SEEK_CUR);
	input->size = at < status.st_size ? (uint64_t)(status.st_size - at) : 0;
	return 0;
}

enum status input_open(struct input *input, const char *file)
{
	bool is_stdin = strcmp(file, "-") == 0;
	int error = 0;

	*input = (struct input){ .name = is_stdin ? "stdin" : file };
	if (is_stdin)
		input->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	else /* without waiting for a FIFO's writer */
		error = safe_open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY, &input->fd);
	if (!error)
		error = input->fd < 0 ? errno : measure(input);
	if (error)
		return fail(status_of_file(error), "cannot read %s: %s", input->name,
			    reason_of_file(error));
	return STATUS_DONE;
}

void input_close(struct input *input)
{
	if (input->fd >= 0)
		close(input->fd);
	input->fd = -1;
}

int input_has_more(const struct input *input, bool *more)
{
	for (;;) {
		int error = signals_wait(input->fd, POLLIN, -1);
		char extra;
		ssize_t got = error ? -1 : read(input->fd, &extra, 1);

		*more = got > 0;
		if (error || got >= 0)
			return error;
		if (errno != EINTR && errno != EAGAIN)
			return errno;
	}
}

int input_spool(struct input *input, uint64_t limit, bool first_only)
{
	struct stat status;
	bool more = false;
	int error;
	int file;

	if (!first_only && fstat(input->fd, &status) == 0 && S_ISCHR(status.st_mode) &&
	    !isatty(input->fd))
		limit = 0; /* /dev/zero is endless; only an empty device such as /dev/null is accepted */
	file = spool(input->fd, limit, &error);
	if (!error && fstat(file, &status) < 0)
		error = errno;
	if (!error && !first_only && (uint64_t)status.st_size == limit)
		error = input_has_more(input, &more);
	if (more)
		error = EFBIG;
	if (error && file >= 0)
		close(file);
	if (error)
		return error;
	close(input->fd);
	*input = (struct input){
		.name = input->name,
		.fd = file,
		.exclusive = true,
		.size = (uint64_t)status.st_size,
	};
	return 0;
}

/*
 * How many bytes of a file are not in holes. Not by st_blocks, which is smaller on a file
 * system with compression (erofs, f2fs, zfs).
 */
static uint64_t data_of(int fd, uint64_t size)
{
	off_t before = lseek(fd, 0, SEEK_CUR);
	uint64_t data = 0;
	off_t end = 0;

	while ((uint64_t)end < size) {
		off_t start = lseek(fd, end, SEEK_DATA);
		off_t hole;

		if (start < 0 && errno == ENXIO)
			break;
		hole = start < end ? -1 : lseek(fd, start, SEEK_HOLE);
		if (hole <= start || signals_came()) {
			/* a file system without SEEK_DATA, or one that lies */
			data = size;
			break;
		}
		data += (uint64_t)(hole - start);
		end = hole;
	}
	lseek(fd, before, SEEK_SET);
	return data < size ? data : size;
}

uint64_t input_memory(const struct input *input)
{
	return input->is_stream ? 0 : data_of(input->fd, input->size);
}
