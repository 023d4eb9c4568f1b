/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory: the bytes of a segment. Reading a mapping allocates every page that has
 * no memory yet, so just looking at a segment could use as much memory as its
 * size. There are two ways around that, chosen when a segment is opened:
 *
 * - The segment as a file: the kernel keeps a segment as a file of tmpfs or
 *   hugetlbfs, which proc(5)'s map_files opens with CAP_CHECKPOINT_RESTORE or
 *   CAP_SYS_ADMIN. Reading a hole of the file allocates nothing, and SEEK_DATA
 *   finds the data between holes.
 * - The mapping, without these capabilities. mincore(2) shows which pages can be
 *   read without allocating them.
 *
 * The functions below give the same results both ways.
 */
#ifndef SHM_BYTES_MEMORY_H
#define SHM_BYTES_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm/segment/control.h"

struct residency;

struct memory {
	unsigned char *bytes; /* the mapping: touching a hole allocates a page */
	uint64_t size;        /* in bytes, as are the next two */
	uint64_t mapped;      /* the size in whole pages */
	uint64_t page;        /* size of a page, which may be a huge page */
	bool maybe_huge;      /* without /proc: then the page above is only assumed */
	int id;
	int fd; /* the segment as a file; -1: there is only the mapping */
	bool writable;
	bool attached;    /* by shmat(2), which has changed the last user and the times */
	enum trace trace; /* of that */
	struct residency *residency;
};

/*
 * Opens the bytes of a segment, which is known from segment_look(). For reading,
 * opens it through a process that has it attached, if possible: that leaves no trace,
 * and requires only read permission on the segment. Otherwise, and for writing,
 * attaches it; the members about that are valid even after an error. Returns 0 or an errno
 * value: besides those of shmat(2), EIDRM if the
 * id belongs to another segment now, and EOWNERDEAD if kernel.shm_rmid_forced is 1
 * and no process has it attached, since the detach would destroy it.
 */
int memory_open(struct memory *memory, const struct segment *segment, bool writable);

void memory_close(struct memory *memory);

/* Whether the segment has huge pages, which fewer system calls support. */
bool memory_is_huge(const struct memory *memory);

/*
 * Whether the descriptor refers to the segment's own file. A file that was opened only for
 * reading can be opened again for writing through /proc/PID/fd or map_files.
 */
bool memory_is_file(const struct memory *memory, int fd);

/* A part of a segment that is either all data or all hole (reads as zeros). */
struct extent {
	uint64_t offset;
	uint64_t length;
	bool hole;
};

/*
 * Finds the extent that begins at offset, cut off at end; both must lie inside the
 * segment. Pages that are or may be in swap are data. Touches no page. Returns 0 or
 * an errno value.
 */
int memory_extent(const struct memory *memory, uint64_t offset, uint64_t end,
		  struct extent *extent);

/* Where the bytes of a segment can be. */
enum place {
	PLACE_MEMORY,
	PLACE_SWAP,
	PLACE_HOLE,    /* never written */
	PLACE_UNKNOWN, /* swap or a hole; for huge pages, memory or a hole */
	PLACE_COUNT,
};

struct places {
	uint64_t bytes[PLACE_COUNT];
};

/*
 * Counts the bytes of a range by where they are. The range must lie inside the
 * segment. *known is a cache for calls with ascending ranges, all zero at first: it
 * holds the last extent found, since finding the end of an extent may require
 * scanning all of it. Touches no page. Returns 0 or an errno value.
 */
int memory_places(const struct memory *memory, uint64_t offset, uint64_t length,
		  struct extent *known, struct places *places);

/*
 * Sets how many bytes of a segment of huge pages are allocated, which only its file
 * shows (st_blocks). No call shows which pages these are. false: not known.
 */
bool memory_huge_taken(const struct memory *memory, uint64_t *taken);

/*
 * Copies length bytes at offset, which must lie inside the segment. Returns 0 or an
 * errno value; ENODATA: the segment's file was truncated.
 */
int memory_get(const struct memory *memory, uint64_t offset, void *bytes, size_t length);

/*
 * Loads the word of this length (atomic.h) at offset, which must lie inside the
 * segment. A hole is 0, and is not allocated. Returns 0 or an errno value.
 */
int memory_load(const struct memory *memory, uint64_t offset, size_t length, uint64_t *value);

/*
 * Writes length bytes at offset, which must lie inside the segment. A word
 * (atomic.h) is written by one atomic store. Returns 0 or an errno value.
 */
int memory_put(const struct memory *memory, uint64_t offset, const void *bytes, size_t length);

/*
 * Zeroes a range, and frees whole pages of it if possible. Returns 0 or an errno
 * value.
 */
int memory_zero(const struct memory *memory, uint64_t offset, uint64_t length);

/*
 * Maps the pages of a range in advance. Mapping many at once is several times as
 * fast as mapping each when it is touched. Only for speed: may do nothing.
 */
void memory_prepare(const struct memory *memory, uint64_t offset, uint64_t length, bool writing);

#endif
