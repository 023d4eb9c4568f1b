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

	uint64_t ram;    /* bytes of the machine; 0: not read */
	uint64_t swap;   /* bytes of the machine; 0: there is none */
	uint64_t memory; /* both */
	uint64_t cgroup; /* bytes that a control group may use; 0: no limit */

	uint64_t segments;    /* in use */
	uint64_t pages;       /* allocated to segments (whether touched or not) */
	uint64_t resident;    /* pages in memory, or LIMITS_UNKNOWN */
	uint64_t swapped;     /* pages in swap, or LIMITS_UNKNOWN */
	uint64_t ram_used;    /* the same in bytes: resident */
	uint64_t swap_used;   /* swapped */
	uint64_t memory_used; /* allocated */
	uint64_t cgroup_used; /* bytes charged to the group for segments, at most */
};

#define LIMITS_UNKNOWN UINT64_MAX

/*
 * Reads the limits from /proc/sys/kernel, and what is in use from the list;
 * where these are missing or refused, from IPC_INFO and SHM_INFO. ENOSYS: no
 * System V shared memory. 0 or an errno value.
 */
int limits_read(struct limits *limits);

/*
 * Reads the limit of a control group, cgroup, and what is used of it, for the
 * segments that were read; file is such as /proc/PID/cgroup. The kernel does not
 * show which group a segment is charged to. So the use is the smaller one of what
 * these segments have in memory, and of what shared memory the group has.
 */
void limits_read_cgroup(struct limits *limits, const char *file);

/* Adds up what is in use of the machine's memory. */
void limits_add_use(struct limits *sum, const struct limits *limits);

/* Reads how much memory the machine has: ram, swap and memory (sysinfo(2)). */
void limits_read_machine(struct limits *limits);

/* Whether a value of a limit stands for "unlimited". */
bool limit_is_none(uint64_t value);

#endif
