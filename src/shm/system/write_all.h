/* SPDX-License-Identifier: GPL-2.0-or-later */
/* write_all: write(2) until every byte is written. */
#ifndef SHM_SYSTEM_WRITE_ALL_H
#define SHM_SYSTEM_WRITE_ALL_H

#include <stddef.h>

/*
 * Writes length bytes at fd's position. Waits where fd does not block, and goes
 * on after a signal handler. Returns 0 or an errno value, after which some bytes
 * may be written. Calls only functions that signal-safety(7) allows.
 */
int write_all(int fd, const void *bytes, size_t length);

#endif
