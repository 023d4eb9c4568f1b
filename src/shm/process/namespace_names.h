/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * namespace_names: finds names for IPC namespaces, and whether the names of users on this
 * machine apply to them.
 */
#ifndef SHM_PROCESS_NAMESPACE_NAMES_H
#define SHM_PROCESS_NAMESPACE_NAMES_H

#include "shm/process/namespace.h"
#include "shm/process/scan.h"

/* What this process sees, which others are compared with. */
struct surroundings {
	char host_name[UNIT_SIZE];
	ino_t uts;    /* inode of the UTS namespace; 0: not known */
	ino_t mounts; /* inode of the mount namespace; 0: not known */
	ino_t root;   /* inode of the root directory; 0: not known */
	dev_t device; /* the same */
};

/* What a process shows of its IPC namespace. */
struct namespace_names {
	bool users_known;     /* see struct namespace */
	char name[UNIT_SIZE]; /* empty: none, or not known */
	struct cgroup_memory cgroup;
};

void surroundings_read(struct surroundings *here);

/*
 * In a worker: reads the names of a process (or thread), whose directory in /proc is open, and
 * whose mount namespace has this inode. The name is its host name, if that differs from the host
 * name here and can be read (which requires CAP_SYS_ADMIN), or else its unit (unit.h).
 * users_known is set only if this is clear at once: the process has the same root directory in
 * the same mount namespace as this one. cgroup is set unless memo is NULL.
 */
void namespace_names_read(const struct worker *worker, const struct surroundings *here, int process,
			  ino_t mounts, struct cgroup_memo *memo, struct namespace_names *names);

/*
 * Sets users_known of those of these namespaces to which the names of users apply, from the known
 * process (or thread) of each. losses: see scan.h.
 */
void namespace_users_find(struct namespace *namespaces, size_t count, struct scan_losses *losses);

#endif
