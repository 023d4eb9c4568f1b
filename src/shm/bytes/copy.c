/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/bytes/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "shm/system/signals.h"

enum {
	CHUNK = 1024 * 1024,        /* so much at a time, that a signal is seen soon */
	PREPARED = 2 * 1024 * 1024, /* so much of a mapping is made ready at a time */
	BUFFER = 256 * 1024,        /* for what can only be copied twice */
	LARGEST_SKIP = 1 << 30,     /* of a hole, at a time; fits any size_t */
	GIVEN_BACK = 16 << 20,      /* so much of an input of ours at a time */
	LONGEST_PAUSE = 20,         /* milliseconds between looks at a pipe */
};

/* What is at the other end. */
enum end_kind {
	END_PIPE,
	END_FILE, /* a regular file of known size */
	END_OTHER,
};

/* One copy under way. */
struct copy {
	const struct memory *memory;
	const struct copy_options *options;
	int fd;
	enum end_kind kind;
	bool plain;  /* the short ways are not for this one: read and write only */
	uint64_t at; /* in the segment */
	uint64_t end;
	uint64_t ready; /* up to where memory_prepare() was called */

	/* in only */
	uint64_t hole;  /* there is data up to here */
	uint64_t taken; /* of an input of ours, what was read up to here is gone */

	/* out only */
	bool appends;
	bool skipped;      /* the last thing in the file is a hole that it does not have yet */
	uint64_t lent_end; /* behind the last byte whose page was lent */
	int relay[2];      /* a pipe of our own, from file to file; below 0: none yet */
};

static unsigned char buffer[BUFFER];

/* Never written: one page of zeroes, however often it is lent. */
static unsigned char zeroes[BUFFER] __attribute__((aligned(4096)));

static size_t at_most(uint64_t length, size_t limit)
{
	return length < limit ? (size_t)length : limit;
}

/* Waits until the other end is ready. ETIMEDOUT: not yet, which is to be told. */
static int wait_ready(const struct copy *copy, short events)
{
	const struct copy_options *options = copy->options;

	if (!options->wait)
		return 0;
	return signals_wait(copy->fd, events, options->patience ? options->patience : -1);
}

static void tell(const struct copy *copy, uint64_t begin)
{
	if (copy->options->tell)
		copy->options->tell(copy->options->state, copy->at - begin);
}

/* Whether the segment's file takes and gives bytes by all calls. */
static bool has_file(const struct memory *memory)
{
	return memory->fd >= 0 && !memory_is_huge(memory);
}

/*
 * Whether an errno value says that a call is not for these two ends. EFBIG: the
 * segment's file is bound by RLIMIT_FSIZE, as its mapping is not.
 */
static bool not_supported(int error)
{
	return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == EXDEV ||
	       error == EFBIG;
}

/* Makes the next stretch of the mapping ready, of length bytes that will be used. */
static void prepare(struct copy *copy, uint64_t length, bool writing)
{
	if (copy->at < copy->ready)
		return;
	length = at_most(length, PREPARED);
	memory_prepare(copy->memory, copy->at, length, writing);
	copy->ready = copy->at + length;
}

/* --- In ------------------------------------------------------------------ */

/* How many bytes may be read now; of what is not known, 0. */
static uint64_t expected(const struct copy *copy)
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

/* Reads straight into the mapping, or by way of a buffer where it may not be touched. */
static ssize_t take_plain(struct copy *copy, size_t length)
{
	const struct memory *memory = copy->memory;
	uint64_t soon;
	ssize_t got;
	int error;

	if (!has_file(memory)) {
		soon = at_most(expected(copy), length);
		if (soon)
			prepare(copy, soon, true);
		return read(copy->fd, memory->bytes + copy->at, length);
	}
	got = read(copy->fd, buffer, at_most(length, BUFFER));
	error = got > 0 ? memory_put(memory, copy->at, buffer, (size_t)got) : 0;
	if (!error)
		return got;
	errno = error;
	return -1;
}

/* Has the kernel move it. */
static ssize_t take_fast(struct copy *copy, size_t length)
{
	loff_t to = (loff_t)copy->at;

	if (copy->kind == END_PIPE)
		return splice(copy->fd, NULL, copy->memory->fd, &to, length, SPLICE_F_NONBLOCK);
	if (lseek(copy->memory->fd, to, SEEK_SET) < 0)
		return -1;
	return sendfile(copy->memory->fd, copy->fd, NULL, length);
}

static ssize_t take(struct copy *copy, size_t length)
{
	ssize_t got;

	if (copy->plain)
		return take_plain(copy, length);
	got = take_fast(copy, length);
	if (got >= 0 || !not_supported(errno))
		return got;
	copy->plain = true;
	return take_plain(copy, length);
}

/* Where the input file's data from here on ends; what cannot be told is data. */
static uint64_t data_behind(const struct copy *copy, off_t here)
{
	off_t hole = lseek(copy->fd, here, SEEK_HOLE);

	return hole > here ? (uint64_t)(hole - here) : copy->end - copy->at;
}

/*
 * Sets how many bytes of a hole the input file stands before; it then stands
 * behind them. 0: it stands before data, and copy->hole tells how much of that.
 */
static int take_hole(struct copy *copy, uint64_t *hole)
{
	off_t here = lseek(copy->fd, 0, SEEK_CUR);
	off_t data = lseek(copy->fd, here, SEEK_DATA);
	uint64_t left = copy->end - copy->at;
	uint64_t skip = 0;

	if (here < 0)
		return 0;
	if (data < 0 && errno == ENXIO)
		skip = expected(copy);
	else if (data > here)
		skip = (uint64_t)(data - here);
	skip = at_most(skip < left ? skip : left, LARGEST_SKIP);
	copy->hole = copy->at + (skip ? skip : data_behind(copy, here));
	*hole = skip;
	/* SEEK_DATA and SEEK_HOLE have moved us: if that stays, nothing may be tried again */
	if (lseek(copy->fd, here + (off_t)skip, SEEK_SET) < 0)
		return errno == EINTR ? EIO : errno;
	return 0;
}

/* Copies or zeroes the next piece; 0 at the end of the input, -1 with errno set. */
static ssize_t take_piece(struct copy *copy)
{
	uint64_t hole = 0;
	uint64_t left = copy->end - copy->at;
	int error = 0;

	/* to look for the next hole may cost a walk over all that is behind */
	if (copy->kind == END_FILE && copy->at >= copy->hole)
		error = take_hole(copy, &hole);
	if (!hole && copy->hole > copy->at && copy->hole - copy->at < left)
		left = copy->hole - copy->at;
	if (!error && !hole)
		return take(copy, at_most(left, CHUNK));
	if (!error)
		error = memory_zero(copy->memory, copy->at, hole);
	if (!error)
		return (ssize_t)hole;
	errno = error;
	return -1;
}

/*
 * Lets a pipe hold a whole piece, so that its two ends take turns less often:
 * that halves the time. What the system does not allow is left as it is.
 */
static void enlarge_pipe(int fd)
{
	int capacity = fcntl(fd, F_GETPIPE_SZ);

	if (capacity > 0 && capacity < CHUNK)
		fcntl(fd, F_SETPIPE_SZ, CHUNK);
}

static enum end_kind kind_of(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return END_OTHER;
	if (S_ISFIFO(status.st_mode))
		return END_PIPE;
	return S_ISREG(status.st_mode) ? END_FILE : END_OTHER;
}

/* Gives memory that an input of ours has taken back, so that nothing is there twice. */
static void give_back(struct copy *copy)
{
	off_t here;

	if (!copy->options->ours || copy->kind != END_FILE || copy->at - copy->taken < GIVEN_BACK)
		return;
	here = lseek(copy->fd, 0, SEEK_CUR);
	if (here > 0)
		fallocate(copy->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, here);
	copy->taken = copy->at;
}

int copy_in(const struct memory *memory, uint64_t offset, uint64_t length, int fd,
	    const struct copy_options *options, uint64_t *done)
{
	struct copy copy = {
		.memory = memory,
		.options = options,
		.fd = fd,
		.kind = kind_of(fd),
		.plain = !has_file(memory),
		.at = offset,
		.end = offset + length,
		.taken = offset,
	};
	int error = 0;
	ssize_t got = 1;

	/* files of /proc are regular, and 0 bytes long whatever they hold */
	if (copy.kind == END_OTHER || (copy.kind == END_FILE && expected(&copy) == 0)) {
		copy.kind = END_OTHER;
		copy.plain = true;
	}
	if (copy.kind == END_PIPE && length > CHUNK)
		enlarge_pipe(fd);
	while (copy.at < copy.end && got && !error) {
		error = wait_ready(&copy, POLLIN);
		got = error ? -1 : take_piece(&copy);
		if (got > 0)
			copy.at += (uint64_t)got;
		else if (error == ETIMEDOUT)
			error = 0; /* nothing has come yet */
		else if (got < 0 && !error && errno != EINTR && errno != EAGAIN)
			error = errno;
		give_back(&copy);
		tell(&copy, offset);
	}
	*done = copy.at - offset;
	return error;
}

/* --- Out ----------------------------------------------------------------- */

static ssize_t put_plain(struct copy *copy, size_t length)
{
	const struct memory *memory = copy->memory;
	int error;

	if (memory->fd < 0) {
		prepare(copy, length, false);
		return write(copy->fd, memory->bytes + copy->at, length);
	}
	length = at_most(length, BUFFER);
	error = memory_get(memory, copy->at, buffer, length);
	if (!error)
		return write(copy->fd, buffer, length);
	errno = error;
	return -1;
}

/*
 * How many of the next bytes may be lent to the pipe: as many as it holds must
 * be copied at the end, so that they push out all that was lent.
 */
static uint64_t lendable(const struct copy *copy)
{
	uint64_t left = copy->end - copy->at;
	int capacity = fcntl(copy->fd, F_GETPIPE_SZ);

	if (capacity < 0 || left <= (uint64_t)capacity)
		return 0;
	return left - (uint64_t)capacity;
}

static ssize_t lend(struct copy *copy, size_t length)
{
	const struct memory *memory = copy->memory;
	loff_t from = (loff_t)copy->at;
	struct iovec piece = { .iov_base = memory->bytes + copy->at, .iov_len = length };
	ssize_t put;

	if (memory->fd >= 0) {
		put = splice(memory->fd, &from, copy->fd, NULL, length, 0);
	} else {
		prepare(copy, length, false);
		put = vmsplice(copy->fd, &piece, 1, 0);
	}
	if (put > 0)
		copy->lent_end = copy->at + (uint64_t)put;
	return put;
}

static void close_relay(struct copy *copy)
{
	if (copy->relay[0] < 0)
		return;
	close(copy->relay[0]);
	close(copy->relay[1]);
	copy->relay[0] = -1;
}

/*
 * From file to file, by way of a pipe that holds a whole piece. sendfile(2) does
 * the same with a small one, and takes a twentieth longer.
 */
static ssize_t send(struct copy *copy, size_t length)
{
	loff_t from = (loff_t)copy->at;
	ssize_t put = 1;
	ssize_t sent = 0;
	ssize_t taken;
	int error;

	if (copy->relay[0] < 0) {
		if (pipe2(copy->relay, O_CLOEXEC) < 0) {
			errno = EOPNOTSUPP; /* without a descriptor for it, it goes without it */
			return -1;
		}
		enlarge_pipe(copy->relay[1]);
	}
	taken = splice(copy->memory->fd, &from, copy->relay[1], NULL, length, 0);
	if (taken <= 0)
		return taken;
	while (sent < taken && put > 0) {
		put = splice(copy->relay[0], NULL, copy->fd, NULL, (size_t)(taken - sent), 0);
		sent += put > 0 ? put : 0;
	}
	if (sent == taken)
		return sent;
	/* what is still in it is taken anew */
	error = errno;
	close_relay(copy);
	errno = error;
	return sent ? sent : put;
}

static ssize_t put_data(struct copy *copy, uint64_t length)
{
	uint64_t loan = copy->plain || copy->kind != END_PIPE ? 0 : lendable(copy);
	size_t piece = at_most(length, CHUNK);
	ssize_t put;

	if (loan)
		put = lend(copy, at_most(piece, loan));
	else if (!copy->plain && copy->kind == END_FILE)
		put = send(copy, piece);
	else
		return put_plain(copy, piece);
	if (put < 0 && not_supported(errno)) {
		copy->plain = true;
		return put_plain(copy, piece);
	}
	return put;
}

static ssize_t put_zeroes(struct copy *copy, uint64_t length)
{
	struct iovec piece = { .iov_base = zeroes, .iov_len = at_most(length, BUFFER) };

	/* what never changes can be lent to anyone */
	if (copy->kind == END_PIPE && !copy->plain)
		return vmsplice(copy->fd, &piece, 1, 0);
	return write(copy->fd, zeroes, piece.iov_len);
}

/* Leaves a hole in the file, also where something was. */
static ssize_t skip(struct copy *copy, uint64_t length)
{
	off_t here = lseek(copy->fd, 0, SEEK_CUR);
	struct stat status;

	if (here < 0 || fstat(copy->fd, &status) < 0)
		return -1;
	length = at_most(length, LARGEST_SKIP);
	if (here < status.st_size) {
		length = at_most((uint64_t)(status.st_size - here), length);
		if (fallocate(copy->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, here,
			      (off_t)length) < 0)
			return put_zeroes(copy, length);
	}
	if (lseek(copy->fd, (off_t)length, SEEK_CUR) < 0)
		return -1;
	copy->skipped = true;
	return (ssize_t)length;
}

static ssize_t put_hole(struct copy *copy, uint64_t length)
{
	/*
	 * An append goes to the end of the file wherever we stand, and to move
	 * that end might cut off what others append meanwhile.
	 */
	if (copy->kind == END_FILE && !copy->appends)
		return skip(copy, length);
	return put_zeroes(copy, length);
}

/* Gives a file that ends in a hole its length. Returns 0 or an errno value. */
static int extend(const struct copy *copy)
{
	off_t here = lseek(copy->fd, 0, SEEK_CUR);
	struct stat status;

	if (here < 0 || fstat(copy->fd, &status) < 0)
		return errno;
	if (status.st_size >= here)
		return 0;
	if (copy->options->ours)
		return ftruncate(copy->fd, here) < 0 ? errno : 0;
	/* somebody else may make it longer meanwhile, which ftruncate would undo */
	return pwrite(copy->fd, zeroes, 1, here - 1) == 1 ? 0 : errno;
}

/*
 * Waits until no page of the segment is in the pipe any more: until it holds
 * no more than what was copied behind them. A larger tail makes that so
 * already, unless the pipe has been enlarged meanwhile.
 */
static void settle(const struct copy *copy)
{
	uint64_t copied = copy->end - copy->lent_end;
	int pause = 1;
	int waiting;

	while (copy->lent_end && ioctl(copy->fd, FIONREAD, &waiting) == 0 &&
	       (uint64_t)waiting > copied) {
		struct pollfd pollfd = { .fd = copy->fd };

		/* POLLERR: nobody will ever read it */
		if (poll(&pollfd, 1, pause) > 0)
			return;
		pause = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
	}
}

/* Copies the next piece of an extent. */
static ssize_t put_piece(struct copy *copy, const struct extent *extent)
{
	uint64_t left = extent->offset + extent->length - copy->at;

	if (extent->hole)
		return put_hole(copy, left);
	copy->skipped = false;
	return put_data(copy, left);
}

static void wait_writable(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };

	poll(&pollfd, 1, -1);
}

int copy_out(const struct memory *memory, uint64_t offset, uint64_t length, int fd,
	     const struct copy_options *options, uint64_t *done)
{
	struct copy copy = {
		.memory = memory,
		.options = options,
		.fd = fd,
		.kind = kind_of(fd),
		.at = offset,
		.end = offset + length,
		.relay = { -1, -1 },
	};
	struct extent extent = { .offset = offset };
	int flags = fcntl(fd, F_GETFL);
	int error = 0;

	copy.appends = flags >= 0 && (flags & O_APPEND);
	copy.plain = copy.kind == END_OTHER || copy.appends ||
		     (options->copied && copy.kind == END_PIPE) ||
		     (memory->fd >= 0 ? memory_is_huge(memory) : copy.kind != END_PIPE);
	if (copy.kind == END_PIPE && length > CHUNK)
		enlarge_pipe(fd);
	while (copy.at < copy.end && !error) {
		ssize_t put = -1;

		if (copy.at == extent.offset + extent.length)
			error = memory_extent(memory, copy.at, copy.end, &extent);
		if (!error)
			error = wait_ready(&copy, POLLOUT);
		if (!error)
			put = put_piece(&copy, &extent);
		if (put > 0)
			copy.at += (uint64_t)put;
		else if (put == 0)
			error = ENODATA; /* somebody cut the segment's file short */
		else if (error == ETIMEDOUT)
			error = 0;
		else if (!error && errno == EAGAIN)
			wait_writable(fd);
		else if (!error && errno != EINTR)
			error = errno;
		tell(&copy, offset);
	}
	if (!error && copy.skipped)
		error = extend(&copy);
	if (!error)
		settle(&copy);
	close_relay(&copy);
	*done = copy.at - offset;
	return error;
}
