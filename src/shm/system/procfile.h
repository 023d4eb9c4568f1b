/* SPDX-License-Identifier: GPL-2.0-or-later */
/* procfile: single numbers that the kernel offers as small files. */
#ifndef SHM_SYSTEM_PROCFILE_H
#define SHM_SYSTEM_PROCFILE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads the number in /proc/sys/NAME; one too large for 64 bits reads as
 * UINT64_MAX. Returns 0 or an errno value (EBADMSG: there is no number).
 */
int sysctl_read(const char *name, uint64_t *value);

/*
 * Reads a small file, at most size - 1 bytes of it, and ends it with a zero
 * byte. Returns 0 or an errno value.
 */
int file_read(const char *path, char *text, size_t size);

/*
 * A number about the huge pages of this size in bytes: "nr_hugepages",
 * "free_hugepages". 0 where there are none, or no /sys.
 */
uint64_t huge_page_count(uint64_t size, const char *which);

/*
 * The number behind "NAME:" in a file of such lines (/proc/meminfo,
 * /proc/self/status). Returns 0 or an errno value.
 */
int file_number(const char *path, const char *name, uint64_t *value);

#endif
