/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mappings: all mappings of segments in the memory of all processes. Which
 * segment of which IPC namespace a mapping is of is decided elsewhere
 * (holders.h): here only its id counts.
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
	 * The thread whose /proc/TASK shows the memory: the process itself, or
	 * when its first thread has exited, another.
	 */
	pid_t task;
	uint64_t ns;    /* inode of the IPC namespace where it is now; 0: not known */
	int identity;   /* equal for mappings of one segment; 0: not known (yet) */
	int error;      /* why it cannot be known, an errno value */
	uint64_t bytes; /* of the file; known with the identity */
};

struct mappings {
	struct holder *items; /* by id, process and address */
	size_t count;
	size_t capacity;
	size_t denied;      /* processes whose memory cannot be looked at */
	bool all_processes; /* none is hidden from us in another PID namespace */
	uint64_t ns;        /* inode of our IPC namespace, as it was during the scan */
};

/*
 * Finds the mappings of segments with this id (-1: any). Processes that share an
 * address space (vfork(2), CLONE_VM) are there once, where kcmp(2) may compare
 * them. Those that exit during the scan are no error. losses: see scan.h. Returns
 * 0, and then mappings_free() ends it, or an errno value; ENOENT: /proc is not
 * mounted. Whose numbers /proc has is not checked.
 */
int mappings_read(struct mappings *mappings, int only, struct scan_losses *losses);

void mappings_free(struct mappings *mappings);

#endif
