/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup: how much memory the control group of a process may still use.
 * Beyond the limit the kernel kills processes instead of refusing memory
 * (cgroups(7)), so the limit is checked in advance.
 */
#ifndef SHM_SYSTEM_CGROUP_H
#define SHM_SYSTEM_CGROUP_H

#include <stdint.h>

struct cgroup_memory {
	uint64_t limit; /* bytes, of the group or of an ancestor; UINT64_MAX: unlimited */
	uint64_t left;  /* bytes still available, if cached files are dropped and swap is used */
	uint64_t shmem; /* bytes charged to that group: segments, tmpfs and memfd_create(2) */
};

/*
 * Reads the limit of the group, among those in a file such as /proc/PID/cgroup and
 * their ancestors, that has the least memory left. Supports cgroup versions 1 and 2.
 * Unlimited where that is not known: the process has exited, or its group is outside
 * of this cgroup namespace.
 */
void cgroup_memory_read(const char *file, struct cgroup_memory *memory);

/* A result, for many processes, which are often in the same groups. Zero at first. */
struct cgroup_memo {
	char text[8192]; /* of /proc/PID/cgroup */
	struct cgroup_memory memory;
};

/* As cgroup_memory_read(), from the file's text. Reads limits only if memo is of other groups. */
void cgroup_memory_of(const char *text, struct cgroup_memo *memo);

#endif
