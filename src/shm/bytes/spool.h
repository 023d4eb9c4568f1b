/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spool: takes in a stream whose size must be known before it is used. */
#ifndef SHM_BYTES_SPOOL_H
#define SHM_BYTES_SPOOL_H

#include <stdint.h>

/*
 * Copies what fd holds up to its end into a file without a name, in memory.
 * Returns the new descriptor, which stands at its start, or -1 with *error set:
 * EINTR when a signal came (signals.h), EFBIG when there are more than
 * limit bytes, or more than half of the memory that is available, or another
 * errno value.
 */
int spool_all(int fd, uint64_t limit, int *error);

/* The same for the first limit bytes, without waiting for more: the rest stays in fd. */
int spool_first(int fd, uint64_t limit, int *error);

#endif
