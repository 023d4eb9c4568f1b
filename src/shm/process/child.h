/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child: runs a function in a child process. Reasons for that are that the function may be
 * killed for its memory use, that it enters namespaces which a process cannot leave again
 * (setns(2)), or that a parent must survive to undo unfinished work.
 */
#ifndef SHM_PROCESS_CHILD_H
#define SHM_PROCESS_CHILD_H

#include <stddef.h>
#include <sys/types.h>

/* What happens to a child when its parent is killed. */
enum child_bond {
	/*
	 * It gets SIGKILL. If memory runs out, the kernel kills the child first, unless an ordinary
	 * user's child has entered another user namespace.
	 */
	CHILD_DIES_TOO,
	CHILD_GOES_ON,  /* it finishes its work */
	CHILD_IS_QUICK, /* the same, but it is given up after ten seconds, whatever it does */
};

/*
 * Starts a child that calls work(context) and exits with its result (0 to 254). Returns 0,
 * and then child_wait() must follow, or an errno value.
 */
int child_start(pid_t *child, int (*work)(void *context), void *context, enum child_bond bond);

/*
 * Waits until the child exits. A signal that signals_begin() remembers is passed on to the
 * child. A child that goes on, if another process stops it, is
 * continued, and killed if that is done again and again. Returns 0, with the exit status in
 * *status; EOWNERDEAD, with the signal that killed the child in *status; ECHILD, if the
 * child did nothing because it was created in another PID namespace (`unshare --pid`), where
 * process ids differ; or ETIMEDOUT, if a child with CHILD_GOES_ON hardly runs for ten seconds, or
 * for thirty together with earlier ones, or one with CHILD_IS_QUICK has not exited after ten: it
 * gets SIGTERM, and goes on once it can. The first process of a container, and what an init there
 * runs, wait for it in any case, since it could be killed. Where a sandbox refuses waitpid(2),
 * ETIMEDOUT as well, or the error of waitpid(2) with CHILD_DIES_TOO.
 */
int child_wait(pid_t child, enum child_bond bond, int *status);

/*
 * Runs work(context) in a child and waits for it. If no child can be created, calls work()
 * in this process. Returns 0, with the exit status in *status; EOWNERDEAD, with the
 * signal that killed the child; or ETIMEDOUT, as child_wait().
 */
int child_run(int (*work)(void *context), void *context, enum child_bond bond, int *status);

/*
 * In a child: closes all descriptors except these; before Linux 5.9, only if /proc is mounted.
 * Sorts fds; entries of -1 are ignored.
 */
void child_keep_files(int *fds, size_t count);

/* Allocates zeroed memory that is shared with children. NULL: out of memory. Free by munmap(2). */
void *shared_memory(size_t size);

#endif
