/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftok: keys that are made of a file, as ftok(3) makes them, but in one look.
 * glibc and musl agree: the low 8 bits of the project number and of the device,
 * and the low 16 bits of the inode. So a key may well be 0, IPC_PRIVATE.
 */
#ifndef SHM_SEGMENT_FTOK_H
#define SHM_SEGMENT_FTOK_H

#include <stdint.h>
#include <sys/types.h>

/* The key of a file that is open. Returns 0 or an errno value. */
int ftok_key_of(int fd, uint64_t project, key_t *key);

/* The key of the file of this path. Returns 0 or an error of safe_open.h. */
int ftok_key(const char *path, uint64_t project, key_t *key);

#endif
