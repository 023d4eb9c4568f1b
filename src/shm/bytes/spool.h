/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spool: takes in a stream whole, where its size must be known before it is used. */
#ifndef SHM_BYTES_SPOOL_H
#define SHM_BYTES_SPOOL_H

#include <stdint.h>

/*
 * Copies what fd holds to its end into a file without a name, in memory; returns
 * the new descriptor, which stands at its start, or -1 with *error set: EINTR
 * when a signal came (signals.h), EFBIG: it holds more than limit bytes,
 * or more than half of the memory that is left to us, or another errno value.
 */
int spool_all(int fd, uint64_t limit, int *error);

/* The same, but what is behind limit bytes stays in fd, and is no error. */
int spool_some(int fd, uint64_t limit, int *error);

#endif
