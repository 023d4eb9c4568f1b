/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * copy: copies bytes between a segment and a file descriptor, by the fastest
 * system calls that the two of them support.
 *
 * Pages of the segment are lent to a pipe (vmsplice(2)), not copied into it:
 * until they are read, they show what is written to the segment in the meantime.
 * When copy_out() returns, no such page is left in the pipe, so a reader that uses
 * read(2) does not see later changes to the segment. A reader that moves the pages
 * on into another pipe or a socket, with splice(2) or tee(2), may see them.
 */
#ifndef SHM_BYTES_COPY_H
#define SHM_BYTES_COPY_H

#include "shm/bytes/memory.h"

/* How to copy. All zero is a good default. */
struct copy_options {
	bool lend_nothing; /* for when a guard protects the bytes only until copy_out() returns */
	/*
	 * No other process uses the file at the other end. Then the memory of the
	 * input is freed as it is read, and an output that ends in a hole may be extended.
	 */
	bool exclusive;
	void (*report)(void *state, uint64_t done); /* called after each piece, or NULL */
	void *state;
	int64_t interval; /* milliseconds between reports while the copy waits; 0: no such reports */
};

/*
 * Copies from fd into the range at offset until length bytes are copied or the
 * input ends, and sets *done to the number of bytes. The range must lie inside the
 * segment. Holes of a regular file become holes. Returns 0, EINTR if a signal
 * came (signals.h), or another errno value.
 */
int copy_in(const struct memory *memory, uint64_t offset, uint64_t length, int fd,
	    const struct copy_options *options, uint64_t *done);

/*
 * Copies the whole range at offset to fd; otherwise as copy_in(). In a regular
 * file holes stay holes, unless it is open for appending.
 */
int copy_out(const struct memory *memory, uint64_t offset, uint64_t length, int fd,
	     const struct copy_options *options, uint64_t *done);

#endif
