/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mappings: finds all mappings of segments in the memory of all processes. A mapping
 * shows only the id of its segment; holders.h finds out in which IPC namespace.
 */
#ifndef SHM_PROCESS_MAPPINGS_H
#define SHM_PROCESS_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "shm/process/maps.h"
#include "shm/process/scan.h"

/* One mapping of a segment. */
struct holder {
	struct mapping mapping;
	pid_t pid;
	/*
	 * The thread whose /proc/TASK shows the memory: the first one (the pid), or
	 * if that has exited, another.
	 */
	pid_t task;
	/* as they were when its memory was read: the pid may be another process's soon */
	uid_t user;       /* effective; -1: not known */
	char command[16]; /* empty: not known; a process has at most 15 bytes (prctl(2)) */
	uint64_t ns;      /* inode of the IPC namespace that the task is in; 0: not known */
	int identity;     /* equal for mappings of one segment (identities.h); 0: not known */
	int error;        /* why the identity is not known, an errno value */
	uint64_t bytes;   /* size of the file; 0: it was not looked at */
	uid_t creator;    /* user who created the file, if it was looked at */
	uint64_t present; /* bytes of the mapping in memory (present.h), or PRESENT_UNKNOWN */
};

#define PRESENT_UNKNOWN UINT64_MAX

struct mappings {
	struct holder *items; /* by id, IPC namespace of the task, process and address */
	size_t count;
	size_t capacity;
	size_t denied;      /* how many processes' memory may not be read */
	bool all_processes; /* in the initial PID namespace, which sees all others; none is hidden */
	bool can_open;      /* it is permitted to look at mapped files (map_files.h) */
	uint64_t ns;        /* inode of this process's IPC namespace during the scan */
};

/*
 * Finds the mappings of segments with this id (-1: any). Of processes that share an
 * address space (vfork(2), CLONE_VM) only one is listed, if kcmp(2) is permitted.
 * Ignores processes that exit during the scan. losses: see scan.h. Returns 0, and
 * then mappings_free() must follow, or an errno value; ENOENT: /proc is not mounted.
 * Does not check to which PID namespace /proc belongs (proc_is_ours()).
 */
int mappings_read(struct mappings *mappings, int only, struct scan_losses *losses);

/*
 * Sorts an array of mappings by process, and looks at the processes (scan_list()). Returns
 * 0 or an errno value.
 */
int mappings_scan(struct holder **holders, size_t count, struct scan *scan);

/* The index of the first mapping of this process in an array that is sorted by process. */
size_t mappings_first_of(struct holder *const *holders, size_t count, pid_t pid);

void mappings_free(struct mappings *mappings);

#endif
