/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * copy: copies bytes between a segment and a file descriptor, by the shortest
 * way that the two of them allow.
 *
 * Pages of the segment are lent to a pipe, not copied into it: until its reader
 * takes them, they show what is written to the segment in the meantime. When
 * copy_out() returns, none of them is left in the pipe, so that a reader that
 * uses read(2) does not see what happens to the segment afterwards. One that
 * splices or tees them on, into another pipe or a socket, may.
 */
#ifndef SHM_BYTES_COPY_H
#define SHM_BYTES_COPY_H

#include "shm/bytes/memory.h"

/* How to copy; all zero is a good way. */
struct copy_options {
	bool lend_nothing; /* a guard protects the bytes only until copy_out() returns */
	/*
	 * No other process uses the file at the other end: what was read of it is
	 * freed during the copy, and a file that ends in a hole may be extended.
	 */
	bool exclusive;
	void (*report)(void *state, uint64_t done); /* called after each piece, or NULL */
	void *state;
	int64_t interval; /* milliseconds between reports of a copy that waits; 0: none */
};

/*
 * Copies from fd into the range at offset until length bytes are copied or the
 * input ends; *done is how many. The range must lie inside. Holes of a regular
 * file become holes. Returns 0, EINTR when a signal came (signals.h), or
 * another errno value.
 */
int copy_in(const struct memory *memory, uint64_t offset, uint64_t length, int fd,
	    const struct copy_options *options, uint64_t *done);

/*
 * Copies the range at offset to fd, all of it unless it fails; as copy_in. In a
 * regular file holes stay holes, unless it is open for appending.
 */
int copy_out(const struct memory *memory, uint64_t offset, uint64_t length, int fd,
	     const struct copy_options *options, uint64_t *done);

#endif
