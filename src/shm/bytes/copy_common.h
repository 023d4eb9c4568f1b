/* SPDX-License-Identifier: GPL-2.0-or-later */
/* copy_common: what copy_in() and copy_out() share. */
#ifndef SHM_BYTES_COPY_COMMON_H
#define SHM_BYTES_COPY_COMMON_H

#include "shm/bytes/copy.h"

enum {
	COPY_PIECE = 1024 * 1024, /* bytes copied at a time: signals are checked in between */
	COPY_BUFFER = 256 * 1024, /* size of a buffer between the two ends */
	COPY_HOLE_MAX = 1 << 30,  /* bytes of a hole skipped at a time; fits any size_t */
};

/* What the other end of the copy is. */
enum end_kind {
	END_PIPE,
	END_FILE, /* a regular file of known size */
	END_OTHER,
};

/* A copy in progress. */
struct copy {
	const struct memory *memory;
	const struct copy_options *options;
	int fd;
	enum end_kind kind;
	bool plain;     /* only read(2) and write(2) work between these two ends */
	uint64_t begin; /* offsets in the segment */
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

/* Whether the segment is open as a file that supports all calls that copy bytes. */
static inline bool has_file(const struct memory *memory)
{
	return memory->fd >= 0 && !memory_is_huge(memory);
}

/* Waits until the other end is ready. ETIMEDOUT: it is not ready yet, and a report is due. */
int copy_wait(const struct copy *copy, short events);

void copy_report(const struct copy *copy);

/* Maps the next pages in advance (memory_prepare()), at most length bytes. */
void copy_prepare(struct copy *copy, uint64_t length, bool writing);

/*
 * Whether an errno value means that a system call does not support these two
 * ends. EFBIG is one: RLIMIT_FSIZE limits the segment's file, but not its mapping.
 */
bool is_unsupported(int error);

#endif
