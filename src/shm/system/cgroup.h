/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup: how much memory the control group of this process may still use.
 * Beyond the limit the kernel kills processes instead of refusing memory
 * (cgroups(7)), so the limit is checked in advance.
 */
#ifndef SHM_SYSTEM_CGROUP_H
#define SHM_SYSTEM_CGROUP_H

#include <stdint.h>

struct cgroup_memory {
	uint64_t limit; /* bytes, of the group or of an ancestor; UINT64_MAX: unlimited */
	uint64_t left;  /* bytes still available, if cached files are dropped and swap is used */
};

/*
 * Reads the limit of the group, among those of this process and their ancestors, that
 * has the least memory left. Supports cgroup versions 1 and 2.
 */
void cgroup_memory_read(struct cgroup_memory *memory);

#endif
