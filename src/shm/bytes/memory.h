/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory: the bytes of a segment. To read a mapping gives memory to every page
 * that has none yet, so that a look would cost as much as the segment is large.
 * There are two ways around that, chosen when a segment is opened:
 *
 * - The segment as a file: the kernel keeps a segment as a file of tmpfs or
 *   hugetlbfs, which proc(5)'s map_files opens with CAP_CHECKPOINT_RESTORE or
 *   CAP_SYS_ADMIN. Reading a hole of it gives the segment no memory, and
 *   SEEK_DATA finds what is not a hole.
 * - The mapping, without these capabilities: mincore(2) shows which pages can be
 *   touched.
 *
 * The functions below give the same results on both.
 */
#ifndef SHM_BYTES_MEMORY_H
#define SHM_BYTES_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct residency;
struct segment;

struct memory {
	unsigned char *bytes; /* mapped: to touch a hole gives it memory */
	uint64_t size;
	uint64_t mapped; /* bytes that are mapped: the size in whole pages */
	uint64_t page;   /* size of a page, which may be a huge one */
	int id;
	int fd; /* the segment as a file; -1: there is only the mapping */
	bool writable;
	bool attached; /* by shmat(2), so that last user and times have changed */
	struct residency *residency;
};

/*
 * Opens the bytes of a segment that was looked at: for reading through a process
 * that has it attached, where that may be, which leaves no trace and needs only
 * the permission to read; otherwise by attaching it. A writer is its last user,
 * and attaches. Returns 0 or an errno value: besides those of shmat(2), EIDRM when
 * its id is another segment's by now, and EOWNERDEAD when kernel.shm_rmid_forced is
 * 1 and no process has it attached, since the detach would destroy it.
 */
int memory_open(struct memory *memory, const struct segment *segment, bool writable);

void memory_close(struct memory *memory);

/* Whether its pages are larger than the system's: fewer calls work on those. */
bool memory_is_huge(const struct memory *memory);

/* A part of a segment that is all data, or a hole that reads as zeros. */
struct extent {
	uint64_t offset;
	uint64_t length;
	bool hole;
};

/*
 * What is at offset, up to end at most, which must lie inside. Pages that are or
 * may be in swap are data. Touches nothing. Returns 0 or an errno value.
 */
int memory_extent(const struct memory *memory, uint64_t offset, uint64_t end,
		  struct extent *extent);

/* Where bytes can be. */
enum place {
	PLACE_MEMORY,
	PLACE_SWAP,
	PLACE_HOLE,    /* they were never written */
	PLACE_UNKNOWN, /* in swap or nowhere; of huge pages, in memory or nowhere */
	PLACE_COUNT,
};

struct places {
	uint64_t bytes[PLACE_COUNT];
};

/*
 * Where the bytes of a range are, which must lie inside. *known is what was
 * looked up last, all zero at first: to find the end of an extent may cost a
 * scan of all of it, so that ranges should be asked for in order. Touches nothing. Returns 0 or an errno value.
 */
int memory_places(const struct memory *memory, uint64_t offset, uint64_t length,
		  struct extent *known, struct places *places);

/*
 * How many bytes of a segment of huge pages have memory, which only its file
 * shows (st_blocks). Which ones they are cannot be found out. false: not known.
 */
bool memory_huge_taken(const struct memory *memory, uint64_t *taken);

/*
 * Copies length bytes at offset, which must lie inside. Returns 0 or an errno
 * value; ENODATA: the segment's file was truncated.
 */
int memory_get(const struct memory *memory, uint64_t offset, void *bytes, size_t length);

/*
 * Loads the word of this length (atomic.h) at offset, which must lie inside. A
 * hole is 0, and the load gives it no memory. Returns 0 or an errno value.
 */
int memory_load(const struct memory *memory, uint64_t offset, size_t length, uint64_t *value);

/*
 * Puts length bytes at offset, which must lie inside. 1, 2, 4 or 8 bytes at a
 * multiple of their length are one atomic store. Returns 0 or an errno value.
 */
int memory_put(const struct memory *memory, uint64_t offset, const void *bytes, size_t length);

/*
 * Zeroes a range, and frees whole pages where that can be done. Returns 0 or an
 * errno value.
 */
int memory_zero(const struct memory *memory, uint64_t offset, uint64_t length);

/*
 * Maps pages in advance, many at once, which is several times as fast as one at a
 * time when they are touched. It is only for speed, and may do nothing.
 */
void memory_prepare(const struct memory *memory, uint64_t offset, uint64_t length, bool writing);

#endif
