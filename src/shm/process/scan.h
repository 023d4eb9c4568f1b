/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan: looks at processes in /proc, from workers (workers.h), since a look may
 * never return. The time is bounded, however many processes do not answer, or answer late: once
 * those of a user have cost half a second of waiting, or ten seconds of processor time, no other
 * process of that user is looked at (unless that is root; subuid.h: which users count as one).
 * After about two seconds of waiting in all, only root's are; after two seconds more, the scan
 * ends. If processes or memory are too short for a worker, no process is looked at.
 */
#ifndef SHM_PROCESS_SCAN_H
#define SHM_PROCESS_SCAN_H

#include <sys/types.h>

#include "shm/process/subuid.h"
#include "shm/process/workers.h"

struct intmap;

/* Which processes have not answered in time so far; all zero at first. */
struct scan_losses {
	struct slow_user {
		struct uid_range range;
		unsigned int waited; /* for its processes, in ticks (workers.h) */
		int64_t spent;       /* processor time for its processes, in microseconds */
		bool skipped;        /* from now on */
	} * users;
	size_t user_count;
	size_t user_capacity;
	unsigned int waited; /* in all, in ticks (workers.h) */
	/* processes at which a child was abandoned: not looked at again, even if root's */
	struct silent {
		pid_t pid;
		uid_t uid;
		pid_t child; /* that was abandoned */
	} silent[WORKERS_ABANDONED_MOST];
	size_t silent_count;
};

struct scan {
	/*
	 * In a worker: looks at this process, whose directory in /proc is open: that stays its own
	 * even if the pid is reused. Returns 0; ESRCH or ENOENT if it has
	 * exited; EACCES or EPERM if looking at it is not permitted; ETIME if it takes too
	 * long; or another errno value, which ends the scan.
	 */
	int (*look)(const struct worker *worker, void *context, pid_t pid, int process);
	/*
	 * In the parent: takes a message that look() sent with worker_send() (workers.h).
	 * Returns 0, or an errno value, which ends the scan.
	 */
	int (*take)(void *context, pid_t pid, const void *message, size_t size, int fd);
	void *context;
	struct scan_losses *losses; /* of this scan and earlier ones, or NULL */
	struct intmap *lost_pids;   /* gets a value for the pid of each that is lost, or NULL */
	bool late; /* scan_all() also looks at those that come during the scan, or seem to exit */
	/* results: */
	size_t hidden;      /* processes that may not be looked at */
	pid_t first_hidden; /* the first of them */
	size_t lost;        /* processes that did not answer in time, or were not looked at */
	pid_t silent;       /* the first that did not answer in time; 0: none in this scan */
	bool ended;         /* they took too long: all after them but root's were skipped */
};

/*
 * Look at all processes of /proc (lowest pid first), or at those of a list. They return 0 or an
 * errno value; ENOENT: /proc is not mounted.
 */
int scan_all(struct scan *scan);
int scan_list(struct scan *scan, const pid_t *pids, size_t count);

/*
 * In look(): who is to blame if it never returns. At first that is the user of the process that it
 * looks at; scan_blame() is for the moment when it waits for a process of another user.
 */
uid_t scan_blamed(const struct worker *worker);
void scan_blame(const struct worker *worker, uid_t uid);

/*
 * In look(): as file_read_at() (procfile.h), of a file that waits for a lock of the whole machine.
 * No user is to blame for that.
 */
int scan_read_locked(const struct worker *worker, int process, const char *name, char *text,
		     size_t size);

/*
 * Before another list: all users have their time again, and are looked at again, unless a child
 * still waits for one of their processes: otherwise each list would cost another child.
 */
void scan_trust_again(struct scan_losses *losses);

void scan_losses_free(struct scan_losses *losses);

#endif
