/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spool: buffers a stream whose size must be known before it is used. */
#ifndef SHM_BYTES_SPOOL_H
#define SHM_BYTES_SPOOL_H

#include <stdint.h>

/*
 * Copies from fd up to its end, but at most most bytes, into an unnamed file in
 * memory. Returns a descriptor at the start of that file, or -1 with *error set:
 * EINTR if a signal came (signals.h), EFBIG if the input exceeds half of the
 * available memory, or another errno value.
 */
int spool(int fd, uint64_t most, int *error);

#endif
