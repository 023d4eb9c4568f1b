/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan: looks at processes in /proc, from workers (workers.h), since a look may
 * never return. What that costs is bounded, however many processes do not
 * answer: of a user whose process did not answer once, no other process is asked
 * (but root's), and after about two seconds of waiting none at all.
 */
#ifndef SHM_PROCESS_SCAN_H
#define SHM_PROCESS_SCAN_H

#include <sys/types.h>

#include "shm/process/workers.h"

/* What did not answer so far; all zero at first. */
struct scan_losses {
	uid_t *users; /* of whom a process did not answer */
	size_t user_count;
	size_t user_capacity;
	unsigned int waited; /* ticks (workers.h) */
};

struct scan {
	/*
	 * In a worker: looks at this process. Returns 0; ESRCH or ENOENT: it has
	 * exited; EACCES or EPERM: it may not be looked at; any other errno value
	 * ends the scan.
	 */
	int (*look)(const struct worker *worker, void *context, pid_t pid);
	/*
	 * In the parent: what look() sent with worker_send(), as workers.h says.
	 * Returns 0, or an errno value, which ends the scan.
	 */
	int (*take)(void *context, pid_t pid, const void *message, size_t size, int fd);
	void *context;
	struct scan_losses *losses; /* of scans before this one, which it adds to; or NULL */
	size_t hidden;              /* set: processes that may not be looked at */
	size_t lost;  /* set: processes that did not answer, or were not asked because of one */
	pid_t silent; /* set: the first that did not answer; 0: it was in an earlier scan */
};

/*
 * Looks at all processes of /proc, lowest first, at these, or at one. Returns 0 or
 * an errno value; ENOENT: /proc is not mounted. Of one process it is also ESRCH,
 * ENOENT, EACCES or EPERM as above, and ETIMEDOUT when it did not answer.
 */
int scan_all(struct scan *scan);
int scan_list(struct scan *scan, const pid_t *pids, size_t count);
int scan_one(struct scan *scan, pid_t pid);

void scan_losses_free(struct scan_losses *losses);

#endif
