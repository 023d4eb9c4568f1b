/* SPDX-License-Identifier: GPL-2.0-or-later */
/* copy_in: copies from a file descriptor into a segment. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/bytes/copy_common.h"

/* Bytes of an exclusive input that are freed at a time. */
enum { FREED = 16 << 20 };

struct copy_in {
	struct copy copy;
	uint64_t data_end; /* the input is data up to here */
	uint64_t freed;    /* the memory of an exclusive input is freed up to here */
};

/* How many bytes can be read now; 0 if that is not known. */
static uint64_t bytes_waiting(const struct copy *copy)
{
	struct stat status;
	off_t here;
	int waiting = 0;

	if (copy->kind == END_PIPE)
		return ioctl(copy->fd, FIONREAD, &waiting) < 0 ? 0 : (uint64_t)waiting;
	if (copy->kind == END_OTHER || fstat(copy->fd, &status) < 0)
		return 0;
	here = lseek(copy->fd, 0, SEEK_CUR);
	return here < status.st_size ? (uint64_t)(status.st_size - here) : 0;
}

/* Reads directly into the mapping, or through a buffer if the segment is open as a file. */
static ssize_t read_plain(struct copy *copy, size_t length)
{
	static unsigned char buffer[COPY_BUFFER];
	const struct memory *memory = copy->memory;
	uint64_t soon;
	ssize_t got;
	int error;

	if (!has_file(memory)) {
		soon = at_most(bytes_waiting(copy), length);
		if (soon)
			copy_prepare(copy, soon, true);
		return read(copy->fd, memory->bytes + copy->at, length);
	}
	got = read(copy->fd, buffer, at_most(length, COPY_BUFFER));
	error = got > 0 ? memory_put(memory, copy->at, buffer, (size_t)got) : 0;
	if (!error)
		return got;
	errno = error;
	return -1;
}

/* Copies inside the kernel. */
static ssize_t read_fast(struct copy *copy, size_t length)
{
	loff_t to = (loff_t)copy->at;

	if (copy->kind == END_PIPE)
		return splice(copy->fd, NULL, copy->memory->fd, &to, length, SPLICE_F_NONBLOCK);
	if (lseek(copy->memory->fd, to, SEEK_SET) < 0)
		return -1;
	return sendfile(copy->memory->fd, copy->fd, NULL, length);
}

static ssize_t read_data(struct copy *copy, size_t length)
{
	ssize_t got;

	if (copy->plain)
		return read_plain(copy, length);
	got = read_fast(copy, length);
	if (got >= 0 || !is_unsupported(errno))
		return got;
	copy->plain = true;
	return read_plain(copy, length);
}

/*
 * If the input file is at a hole, moves it past the hole and sets *hole to the
 * length. *hole is 0 if the file is at data, which then lasts up to in->data_end.
 */
static int skip_hole(struct copy_in *in, uint64_t *hole)
{
	const struct copy *copy = &in->copy;
	off_t here = lseek(copy->fd, 0, SEEK_CUR);
	off_t data = lseek(copy->fd, here, SEEK_DATA);
	off_t data_end = lseek(copy->fd, here, SEEK_HOLE);
	uint64_t left = copy->end - copy->at;
	uint64_t skip = 0;

	if (here < 0)
		return 0;
	if (data < 0 && errno == ENXIO)
		skip = bytes_waiting(copy);
	else if (data > here)
		skip = (uint64_t)(data - here);
	skip = at_most(skip < left ? skip : left, COPY_HOLE_MAX);
	*hole = skip;
	if (skip)
		in->data_end = copy->at + skip;
	else /* a file system without holes: everything is data */
		in->data_end = data_end > here ? copy->at + (uint64_t)(data_end - here) : copy->end;
	/* restores the position that SEEK_DATA and SEEK_HOLE moved; a failure cannot be retried */
	if (lseek(copy->fd, here + (off_t)skip, SEEK_SET) < 0)
		return errno == EINTR ? EIO : errno;
	return 0;
}

/* Copies or zeroes the next piece. Returns its length, 0 at the end of the input, or -1. */
static ssize_t copy_piece(struct copy_in *in)
{
	struct copy *copy = &in->copy;
	uint64_t hole = 0;
	uint64_t left = copy->end - copy->at;
	int error = 0;

	/* not for each piece, since finding the next hole may scan the rest of the file */
	if (copy->kind == END_FILE && copy->at >= in->data_end)
		error = skip_hole(in, &hole);
	if (!hole && in->data_end > copy->at && in->data_end - copy->at < left)
		left = in->data_end - copy->at;
	if (!error && !hole)
		return read_data(copy, at_most(left, COPY_PIECE));
	if (!error)
		error = memory_zero(copy->memory, copy->at, hole);
	if (!error)
		return (ssize_t)hole;
	errno = error;
	return -1;
}

/* Frees the part of an exclusive input that was read, so that no byte is in memory twice. */
static void free_input(struct copy_in *in)
{
	const struct copy *copy = &in->copy;
	off_t here;

	if (!copy->options->exclusive || copy->kind != END_FILE || copy->at - in->freed < FREED)
		return;
	here = lseek(copy->fd, 0, SEEK_CUR);
	if (here > 0)
		fallocate(copy->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, here);
	in->freed = copy->at;
}

int copy_in(const struct memory *memory, uint64_t offset, uint64_t length, int fd,
	    const struct copy_options *options, uint64_t *done)
{
	struct copy_in in = {
		.copy = copy_begin(memory, offset, length, fd, options),
		.freed = offset,
	};
	struct copy *copy = &in.copy;
	int error = 0;
	ssize_t got = 1;

	/* files of /proc are regular files with a size of 0, whatever they contain */
	if (copy->kind == END_FILE && bytes_waiting(copy) == 0)
		copy->kind = END_OTHER;
	copy->plain = copy->kind == END_OTHER || !has_file(memory);
	while (copy->at < copy->end && got && !error) {
		error = copy_wait(copy, POLLIN);
		got = error ? -1 : copy_piece(&in);
		if (got > 0)
			copy->at += (uint64_t)got;
		else if (error == ETIMEDOUT)
			error = 0;
		else if (got < 0 && !error && errno != EINTR && errno != EAGAIN)
			error = errno;
		free_input(&in);
		copy_report(copy);
	}
	*done = copy->at - offset;
	return error;
}
