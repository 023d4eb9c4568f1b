/* SPDX-License-Identifier: GPL-2.0-or-later */
/* copy_out: copies from a segment to a file descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "shm/bytes/copy_common.h"

enum { LONGEST_PAUSE = 20 }; /* milliseconds between looks at a pipe */

struct copy_out {
	struct copy copy;
	bool appends;
	bool ends_in_hole; /* the last hole is not yet part of the file */
	uint64_t lent_end; /* end of the last page that was lent */
};

/* Never written, so the kernel maps one page of zeros for all of it. */
static unsigned char zeros[COPY_BUFFER] __attribute__((aligned(4096)));

static ssize_t write_plain(struct copy *copy, size_t length)
{
	static unsigned char buffer[COPY_BUFFER];
	const struct memory *memory = copy->memory;
	int error;

	if (memory->fd < 0) {
		copy_prepare(copy, length, false);
		return write(copy->fd, memory->bytes + copy->at, length);
	}
	length = at_most(length, COPY_BUFFER);
	error = memory_get(memory, copy->at, buffer, length);
	if (!error)
		return write(copy->fd, buffer, length);
	errno = error;
	return -1;
}

/*
 * How many of the next bytes may be lent to the pipe. The last bytes, as many as
 * the pipe can hold, must be copied: they push out the pages that were lent.
 */
static uint64_t lendable(const struct copy *copy)
{
	uint64_t left = copy->end - copy->at;
	int capacity = fcntl(copy->fd, F_GETPIPE_SZ);

	if (capacity < 0 || left <= (uint64_t)capacity)
		return 0;
	return left - (uint64_t)capacity;
}

static ssize_t lend(struct copy_out *out, size_t length)
{
	struct copy *copy = &out->copy;
	const struct memory *memory = copy->memory;
	loff_t from = (loff_t)copy->at;
	struct iovec piece = { .iov_base = memory->bytes + copy->at, .iov_len = length };
	ssize_t put;

	if (memory->fd >= 0) {
		put = splice(memory->fd, &from, copy->fd, NULL, length, 0);
	} else {
		copy_prepare(copy, length, false);
		put = vmsplice(copy->fd, &piece, 1, 0);
	}
	if (put > 0)
		out->lent_end = copy->at + (uint64_t)put;
	return put;
}

static ssize_t move_to_file(const struct copy *copy, size_t length)
{
	off_t from = (off_t)copy->at;

	return sendfile(copy->fd, copy->memory->fd, &from, length);
}

static ssize_t write_data(struct copy_out *out, uint64_t length)
{
	struct copy *copy = &out->copy;
	uint64_t loan = copy->plain || copy->kind != END_PIPE ? 0 : lendable(copy);
	size_t piece = at_most(length, COPY_PIECE);
	ssize_t put;

	if (loan)
		put = lend(out, at_most(piece, loan));
	else if (!copy->plain && copy->kind == END_FILE)
		put = move_to_file(copy, piece);
	else
		return write_plain(copy, piece);
	if (put < 0 && is_unsupported(errno)) {
		copy->plain = true;
		return write_plain(copy, piece);
	}
	return put;
}

static ssize_t write_zeros(struct copy *copy, uint64_t length)
{
	struct iovec piece = { .iov_base = zeros, .iov_len = at_most(length, COPY_BUFFER) };
	ssize_t put;

	if (copy->kind != END_PIPE || copy->plain)
		return write(copy->fd, zeros, piece.iov_len);
	/* a page of zeros never changes, so it can always be lent */
	put = vmsplice(copy->fd, &piece, 1, 0);
	if (put >= 0 || !is_unsupported(errno))
		return put;
	copy->plain = true;
	return write(copy->fd, zeros, piece.iov_len);
}

/* Makes a hole in the file, even where it had data. */
static ssize_t leave_hole(struct copy_out *out, uint64_t length)
{
	struct copy *copy = &out->copy;
	off_t here = lseek(copy->fd, 0, SEEK_CUR);
	struct stat status;

	if (here < 0 || fstat(copy->fd, &status) < 0)
		return -1;
	length = at_most(length, COPY_HOLE_MAX);
	if (here < status.st_size) {
		length = at_most((uint64_t)(status.st_size - here), length);
		if (fallocate(copy->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, here,
			      (off_t)length) < 0)
			return write_zeros(copy, length);
	}
	if (lseek(copy->fd, (off_t)length, SEEK_CUR) < 0)
		return -1;
	out->ends_in_hole = true;
	return (ssize_t)length;
}

static ssize_t write_hole(struct copy_out *out, uint64_t length)
{
	/*
	 * Appending writes at the end of the file whatever its position. Moving that
	 * end could cut off bytes that another process appends at the same time.
	 */
	if (out->copy.kind == END_FILE && !out->appends)
		return leave_hole(out, length);
	return write_zeros(&out->copy, length);
}

/* Copies the next piece of an extent. */
static ssize_t copy_piece(struct copy_out *out, const struct extent *extent)
{
	uint64_t left = extent->offset + extent->length - out->copy.at;

	if (extent->hole)
		return write_hole(out, left);
	out->ends_in_hole = false;
	return write_data(out, left);
}

/* Extends a file that ends in a hole to its full length. Returns 0 or an errno value. */
static int extend(const struct copy *copy)
{
	off_t here = lseek(copy->fd, 0, SEEK_CUR);
	struct stat status;

	if (here < 0 || fstat(copy->fd, &status) < 0)
		return errno;
	if (status.st_size >= here)
		return 0;
	if (copy->options->exclusive)
		return ftruncate(copy->fd, here) < 0 ? errno : 0;
	/* not ftruncate(2): it would cut off what another process appends at this moment */
	return pwrite(copy->fd, zeros, 1, here - 1) == 1 ? 0 : errno;
}

/*
 * Waits until no page of the segment is in the pipe, that is, until the pipe holds
 * no more bytes than were copied after the last lent page. lendable() has seen to
 * that already, unless the pipe was enlarged in the meantime.
 */
static void wait_for_lent_pages(const struct copy_out *out)
{
	uint64_t copied = out->copy.end - out->lent_end;
	int pause = 1;
	int waiting;

	while (out->lent_end && ioctl(out->copy.fd, FIONREAD, &waiting) == 0 &&
	       (uint64_t)waiting > copied) {
		struct pollfd pollfd = { .fd = out->copy.fd };

		/* POLLERR: the pipe has no reader left */
		if (poll(&pollfd, 1, pause) > 0)
			return;
		pause = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
	}
}

/* Whether only read and write work between these two ends. */
static bool is_plain(const struct copy_out *out)
{
	const struct copy *copy = &out->copy;

	if (copy->kind == END_PIPE && copy->options->lend_nothing)
		return true;
	if (copy->kind == END_OTHER || out->appends)
		return true;
	return copy->memory->fd >= 0 ? memory_is_huge(copy->memory) : copy->kind != END_PIPE;
}

int copy_out(const struct memory *memory, uint64_t offset, uint64_t length, int fd,
	     const struct copy_options *options, uint64_t *done)
{
	struct copy_out out = { .copy = copy_begin(memory, offset, length, fd, options) };
	struct copy *copy = &out.copy;
	struct extent extent = { .offset = offset };
	int flags = fcntl(fd, F_GETFL);
	int error = 0;

	out.appends = flags >= 0 && (flags & O_APPEND);
	copy->plain = is_plain(&out);
	while (copy->at < copy->end && !error) {
		ssize_t put = -1;

		if (copy->at == extent.offset + extent.length)
			error = memory_extent(memory, copy->at, copy->end, &extent);
		if (!error)
			error = copy_wait(copy, POLLOUT);
		if (!error)
			put = copy_piece(&out, &extent);
		if (put > 0)
			copy->at += (uint64_t)put;
		else if (put == 0)
			error = ENODATA; /* another process cut the segment's file short */
		else if (error == ETIMEDOUT)
			error = 0;
		else if (!error && errno != EINTR && errno != EAGAIN)
			error = errno;
		copy_report(copy);
	}
	if (!error && out.ends_in_hole)
		error = extend(copy);
	if (!error)
		wait_for_lent_pages(&out);
	*done = copy->at - offset;
	return error;
}
