/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory: the bytes of a segment. */
#ifndef SHM_MEMORY_H
#define SHM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory {
	unsigned char *bytes;
	uint64_t size;
	bool writable;
};

/*
 * Opens a segment's bytes by attaching it. Returns 0 or an errno value:
 * besides those of shmat(2), EOWNERDEAD when kernel.shm_rmid_forced is 1 and
 * nobody has it attached, since our detach would destroy it.
 */
int memory_open(struct memory *memory, int id, bool writable);

/*
 * Puts length bytes at offset, which must lie inside. 1, 2, 4 or 8 bytes at a
 * multiple of their length are one atomic store.
 */
void memory_put(struct memory *memory, uint64_t offset, const void *bytes, size_t length);

/*
 * Zeroes a range, giving whole pages back to the system where that can be
 * done (madvise(2) MADV_REMOVE). Returns 0 or an errno value.
 */
int memory_zero(struct memory *memory, uint64_t offset, uint64_t length);

void memory_close(struct memory *memory);

#endif
