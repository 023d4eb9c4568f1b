/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftok: derives keys from files, with the same result as ftok(3) of glibc and musl. A
 * key consists of the low 8 bits of the project number, the low 8 bits of the device
 * number and the low 16 bits of the inode number. So it can be 0, which is IPC_PRIVATE.
 * Unlike ftok(3), these functions accept a file that is already open, and can follow a
 * path safely.
 */
#ifndef SHM_SEGMENT_FTOK_H
#define SHM_SEGMENT_FTOK_H

#include <stdint.h>
#include <sys/types.h>

/* Sets the key of an open file. Returns 0 or an errno value. */
int ftok_key_of(int fd, uint64_t project, key_t *key);

/* Sets the key of the file with this path. Returns 0 or an error of safe_open.h. */
int ftok_key(const char *path, uint64_t project, key_t *key);

#endif
