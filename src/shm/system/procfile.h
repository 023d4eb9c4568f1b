/* SPDX-License-Identifier: GPL-2.0-or-later */
/* procfile: reads numbers from small files of /proc, /sys and /sys/fs/cgroup. */
#ifndef SHM_SYSTEM_PROCFILE_H
#define SHM_SYSTEM_PROCFILE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads the number in /proc/sys/NAME. A number too large for 64 bits becomes
 * UINT64_MAX. Returns 0 or an errno value (EBADMSG: not a number).
 */
int sysctl_read(const char *name, uint64_t *value);

/*
 * Returns the id that stands for unmapped users and groups, a setting of the whole machine
 * (kernel.overflowuid). It is read once, since it is needed for every segment.
 */
uint32_t unmapped_user(void);

/*
 * Reads at most size - 1 bytes of a small file and adds a zero byte. Returns 0
 * or an errno value.
 */
int file_read(const char *path, char *text, size_t size);

/* As file_read(), relative to a directory (openat(2)). *total, or NULL, is the bytes read. */
int file_read_at(int directory, const char *path, char *text, size_t size, size_t *total);

/*
 * Returns a count of the huge pages of this size (in bytes). which is the name
 * of a file of /sys/kernel/mm/hugepages: "nr_hugepages", "free_hugepages". 0 if
 * the machine has no such pages, or /sys is not mounted.
 */
uint64_t huge_page_count(uint64_t size, const char *which);

/*
 * Reads the number after "NAME:" in a file of such lines (/proc/meminfo,
 * /proc/self/status). Returns 0 or an errno value.
 */
int file_number(const char *path, const char *name, uint64_t *value);

#endif
