/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transfer: copies bytes between a segment and a file descriptor. */
#ifndef SHM_TRANSFER_H
#define SHM_TRANSFER_H

#include "shm/interrupt.h"
#include "shm/memory.h"

/*
 * Copies from fd into the range at offset until length bytes are copied or
 * the input ends; *done is how many. The range must lie inside. Returns 0,
 * EINTR when a signal came (interrupt->signal), or another errno value.
 */
int transfer_in(struct memory *memory, uint64_t offset, uint64_t length, int fd,
		struct interrupt *interrupt, uint64_t *done);

/*
 * Copies the range at offset to fd, all of it unless it fails; as transfer_in.
 * interrupt must be NULL where writing may block (a pipe): signals then act as
 * they always do.
 */
int transfer_out(const struct memory *memory, uint64_t offset, uint64_t length, int fd,
		 struct interrupt *interrupt, uint64_t *done);

/*
 * Copies what fd holds to its end into a file without a name, for input whose
 * size must be known and is not; returns the new descriptor at its start, or
 * -1 with *error set (as transfer_in; EFBIG: it holds more than limit bytes, or
 * more than half of the memory that is available).
 */
int transfer_spool(int fd, uint64_t limit, struct interrupt *interrupt, int *error);

#endif
