/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * visit: does something in a child process, mostly in another IPC namespace:
 * one who entered a user namespace cannot leave it again (setns(2)). What the
 * child finds it puts where its parent can see it: into memory that both share,
 * or a file.
 */
#ifndef SHM_PROCESS_VISIT_H
#define SHM_PROCESS_VISIT_H

#include <signal.h>
#include <stdbool.h>

#include "shm/process/namespace.h"

/* How a visit went. */
struct visit {
	int error;          /* why it could not be entered, an errno value; ECHILD: it is ours,
			       and a child would have process ids of another PID namespace */
	bool users_changed; /* as in namespace_enter_fd() */
	int signal;         /* what killed the child before it was done, or 0 */
	int interrupted;    /* the signal that came to us meanwhile, or 0 */
	sigset_t signals;   /* the mask that our caller has; in after, they are blocked */
};

/* What is done where, with a context for both functions. */
struct errand {
	const struct namespace *ns;                              /* NULL: ours */
	void (*work)(void *context);                             /* by the child */
	void (*after)(void *context, const struct visit *visit); /* by us, or NULL */
	void *context;
	bool signals_wait; /* in after: the visit around it sees to them */
};

/*
 * Runs work in a child that has entered the namespace, and waits for its end.
 * SIGINT, SIGTERM and others that end us are passed on to the child when they
 * come meanwhile; they act on us when it has ended and when what is to be done after
 * that is done, too. If we are killed all the same, the child gets SIGTERM.
 * Memory and files are the child's own, but for what is shared. Returns 0, or an
 * errno value when there was no visit at all.
 */
int namespace_visit(const struct errand *errand, struct visit *visit);

/*
 * Who works in a child: whether there is somebody to mend what it leaves half done; not
 * when its parent was killed (it gets SIGTERM then, but may ignore or block that, as its
 * caller did), and not in a process that is no child.
 */
bool visit_is_watched(void);

/* Whether it is a child, and there is nobody any more. */
bool visit_is_forsaken(void);

#endif
