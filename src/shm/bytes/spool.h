/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spool: takes in a stream whose size must be known before it is used. */
#ifndef SHM_BYTES_SPOOL_H
#define SHM_BYTES_SPOOL_H

#include <stdint.h>

/*
 * Copies what fd holds up to its end, but at most so many bytes, into a file
 * without a name, in memory. Returns the new descriptor, which stands at its
 * start, or -1 with *error set: EINTR when a signal came (signals.h), EFBIG when it
 * is more than half of the memory that is available, or another errno value.
 */
int spool(int fd, uint64_t most, int *error);

#endif
