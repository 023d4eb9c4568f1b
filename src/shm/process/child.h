/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child: a function that runs in a process of its own: because it may be killed
 * for the memory that it uses, because it enters namespaces that a process
 * cannot leave again (setns(2)), or because somebody must be left to undo what
 * it leaves half done.
 */
#ifndef SHM_PROCESS_CHILD_H
#define SHM_PROCESS_CHILD_H

#include <stddef.h>
#include <sys/types.h>

/* What happens to a child when its parent is killed */
enum child_bond {
	CHILD_DIES_TOO, /* it gets SIGKILL; the kernel also kills it first when memory runs out */
	CHILD_GOES_ON,  /* it finishes its work */
};

/*
 * Starts a child that calls work(context) and exits with what that returns (0
 * to 254). Returns 0 or an errno value. child_wait() must follow.
 */
int child_start(pid_t *child, int (*work)(void *context), void *context, enum child_bond bond);

/*
 * Waits for the end of the child. A signal that signals_begin() remembers is
 * passed on to a child that dies with its parent. Returns 0 and the exit status in
 * *status; EOWNERDEAD and the signal in *status when one ended it; ECHILD when the
 * child did nothing, since it found itself in another PID namespace than its
 * parent (`unshare --pid`), where process ids are not the same.
 */
int child_wait(pid_t child, enum child_bond bond, int *status);

/*
 * Both. Where no child can be had, it calls work itself. Returns 0 and the exit
 * status, or EOWNERDEAD and the signal that ended the child.
 */
int child_run(int (*work)(void *context), void *context, enum child_bond bond, int *status);

/* In a child: closes all files but these, so that it holds nothing that it does not need. */
void child_keep_files(int *fds, size_t count);

/* Memory that is shared with children: all zero, or NULL. munmap(2) gives it back. */
void *shared_memory(size_t size);

#endif
