/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup: how much memory our control group may still take. Beyond it the
 * kernel does not refuse: it kills (cgroups(7)), so it is better to ask before.
 */
#ifndef SHM_SYSTEM_CGROUP_H
#define SHM_SYSTEM_CGROUP_H

#include <stdint.h>

struct cgroup_memory {
	uint64_t limit; /* of the group, or of one above it; UINT64_MAX: there is none */
	uint64_t left;  /* what may be had at most: files in its cache given up, swap used */
};

/* Of all groups that we are in, the one with the least left (versions 1 and 2). */
void cgroup_memory_read(struct cgroup_memory *memory);

#endif
