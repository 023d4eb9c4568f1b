/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * copy: copies bytes between a segment and a file descriptor, by the
 * shortest way that the two of them allow.
 *
 * Pages of the segment are lent to a pipe, not copied into it: until its
 * reader takes them, it sees what is written to the segment meanwhile. When
 * copy_out() returns, none of them is left in the pipe, so that what
 * happens to the segment afterwards does not show to a reader that read(2)s.
 * It may to one that splices or tees them on, into another pipe or a socket.
 */
#ifndef SHM_BYTES_COPY_H
#define SHM_BYTES_COPY_H

#include "shm/bytes/memory.h"

/* How to copy; all zero is a good way. */
struct copy_options {
	bool wait;   /* with signals_wait() for the other end, between signals_begin() and _end() */
	bool copied; /* lend nothing: for bytes that a lock protects only for now */
	/*
	 * The file at the other end is ours alone: what was read of it is given
	 * back to the system as we go, what is written to it only we write.
	 */
	bool ours;
	void (*tell)(void *state, uint64_t done); /* called now and then, or NULL */
	void *state;
	int64_t patience; /* milliseconds until a copy that stands still is told of; 0: never */
};

/*
 * Copies from fd into the range at offset until length bytes are copied or
 * the input ends; *done is how many. The range must lie inside. Holes of a
 * regular file become holes. Returns 0, EINTR when a signal
 * came (signals.h), or another errno value.
 */
int copy_in(const struct memory *memory, uint64_t offset, uint64_t length, int fd,
	    const struct copy_options *options, uint64_t *done);

/*
 * Copies the range at offset to fd, all of it unless it fails; as copy_in.
 * In a regular file holes stay holes, unless it is open for appending.
 */
int copy_out(const struct memory *memory, uint64_t offset, uint64_t length, int fd,
	     const struct copy_options *options, uint64_t *done);

#endif
