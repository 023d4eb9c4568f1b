/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limits: what the kernel allows in this IPC namespace, and what is in use. */
#ifndef SHM_SEGMENT_LIMITS_H
#define SHM_SEGMENT_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

/* Larger limits than this are none at all: the kernel's default is near 2^64. */
#define LIMIT_UNLIMITED (UINT64_C(1) << 62)

struct limits {
	uint64_t shmmni; /* segments */
	uint64_t shmall; /* pages of all segments together */
	uint64_t shmmax; /* bytes of one segment */
	uint64_t shmmin; /* bytes of one segment */
	uint64_t page;   /* bytes of a page */

	uint64_t segments; /* in use */
	uint64_t pages;    /* allocated to segments (whether touched or not) */
	uint64_t resident; /* pages in memory, or LIMITS_UNKNOWN */
	uint64_t swapped;  /* pages in swap, or LIMITS_UNKNOWN */
};

#define LIMITS_UNKNOWN UINT64_MAX

/*
 * Reads the limits from /proc/sys/kernel, and what is in use from the list;
 * where these are missing or refused, from IPC_INFO and SHM_INFO. ENOSYS: no
 * System V shared memory. 0 or an errno value.
 */
int limits_read(struct limits *limits);

/* Whether a value of a limit stands for "unlimited". */
bool limit_is_none(uint64_t value);

#endif
