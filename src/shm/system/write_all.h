/* SPDX-License-Identifier: GPL-2.0-or-later */
/* write_all: calls write(2) until every byte is written. */
#ifndef SHM_SYSTEM_WRITE_ALL_H
#define SHM_SYSTEM_WRITE_ALL_H

#include <stddef.h>

/*
 * Writes length bytes at the position of fd. Waits if fd is non-blocking, and
 * continues after a signal unless signals_came(). Returns 0 or an errno value;
 * after an error some of the bytes may be written. Async-signal-safe
 * (signal-safety(7)).
 */
int write_all(int fd, const void *bytes, size_t length);

#endif
