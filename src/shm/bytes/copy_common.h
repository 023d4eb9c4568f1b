/* SPDX-License-Identifier: GPL-2.0-or-later */
/* copy_common: what copy_in() and copy_out() share. */
#ifndef SHM_BYTES_COPY_COMMON_H
#define SHM_BYTES_COPY_COMMON_H

#include "shm/bytes/copy.h"

enum {
	COPY_PIECE = 1024 * 1024, /* so much at a time, that a signal is seen soon */
	COPY_BUFFER = 256 * 1024, /* of a buffer between the two ends */
	COPY_HOLE_MAX = 1 << 30,  /* of a hole, at a time; fits any size_t */
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
	bool plain;     /* the short ways do not work here: read and write only */
	uint64_t begin; /* in the segment */
	uint64_t at;
	uint64_t end;
	uint64_t prepared; /* memory_prepare() was called up to here */
};

struct copy copy_begin(const struct memory *memory, uint64_t offset, uint64_t length, int fd,
		       const struct copy_options *options);

static inline size_t at_most(uint64_t length, size_t limit)
{
	return length < limit ? (size_t)length : limit;
}

/* Whether the segment's file takes and gives bytes by all calls. */
static inline bool has_file(const struct memory *memory)
{
	return memory->fd >= 0 && !memory_is_huge(memory);
}

/* Waits until the other end is ready. ETIMEDOUT: not yet, and a report is due. */
int copy_wait(const struct copy *copy, short events);

void copy_report(const struct copy *copy);

/* Makes the next bytes of the mapping ready, of length bytes that will be used. */
void copy_prepare(struct copy *copy, uint64_t length, bool writing);

/*
 * Whether an errno value says that a call does not work for these two ends.
 * EFBIG: RLIMIT_FSIZE bounds the segment's file, though not its mapping.
 */
bool is_unsupported(int error);

/*
 * Lets a pipe hold a whole piece, so that its two ends take turns less often:
 * that halves the time. Without the permission it stays as it is.
 */
void enlarge_pipe(int fd);

#endif
