/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limits: the kernel's limits in this IPC namespace, and how much of them is in use. */
#ifndef SHM_SEGMENT_LIMITS_H
#define SHM_SEGMENT_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

/* Limits from here on count as unlimited. The kernel's defaults are near 2^64. */
#define LIMIT_UNLIMITED (UINT64_C(1) << 62)

struct limits {
	uint64_t shmmni; /* number of segments */
	uint64_t shmall; /* pages of all segments together */
	uint64_t shmmax; /* largest segment in bytes */
	uint64_t shmmin; /* smallest segment in bytes */
	uint64_t page;   /* size of a page in bytes */

	uint64_t ram;    /* bytes that the machine has; 0: not read */
	uint64_t swap;   /* bytes that the machine has; 0: no swap */
	uint64_t memory; /* ram + swap */
	uint64_t cgroup; /* bytes that a control group may use; 0: no limit */

	uint64_t segments;    /* in use */
	uint64_t pages;       /* sizes of all segments in pages, in memory or not */
	uint64_t resident;    /* pages in memory, or LIMITS_UNKNOWN */
	uint64_t swapped;     /* pages in swap, or LIMITS_UNKNOWN */
	uint64_t ram_used;    /* resident, in bytes */
	uint64_t swap_used;   /* swapped, in bytes */
	uint64_t memory_used; /* pages, in bytes */
	uint64_t cgroup_used; /* bytes charged to the group for segments, at most */
};

#define LIMITS_UNKNOWN UINT64_MAX

/*
 * Reads the limits by IPC_INFO, or if that fails (and first in a 32-bit program) from
 * /proc/sys/kernel. Reads the usage from the list of segments, or if that fails by
 * SHM_INFO. Returns 0 or an errno value; ENOSYS: the system has no System V shared
 * memory.
 */
int limits_read(struct limits *limits);

/* As limits_read(), with the list of this namespace, or NULL if that could not be read. */
struct listing;
int limits_read_with(struct limits *limits, const struct listing *list);

/*
 * Sets cgroup to the limit of a control group, and cgroup_used to what the segments
 * counted in *limits use of it. The kernel does not show to which group a segment is
 * charged. So cgroup_used is the lesser of what these segments have in memory, and of
 * the shared memory charged to the group.
 */
struct cgroup_memory;
void limits_set_cgroup(struct limits *limits, const struct cgroup_memory *group);

/* Adds ram_used, swap_used and memory_used of *limits to those of *sum. */
void limits_add_use(struct limits *sum, const struct limits *limits);

/* Sets ram, swap and memory to what the machine has (sysinfo(2), or else /proc/meminfo). */
void limits_read_machine(struct limits *limits);

/* Whether the value of a limit means "unlimited". */
bool limit_is_none(uint64_t value);

#endif
