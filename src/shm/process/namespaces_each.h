/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * namespaces_each: does something in each of many IPC namespaces. One worker
 * (workers.h) enters one after the other; only a namespace whose owning user
 * namespace must be entered gets a worker of its own, since a process cannot
 * leave that again (setns(2)). What belongs to a namespace (/proc/sysvipc,
 * /proc/sys/kernel/shm*) is opened anew in each.
 */
#ifndef SHM_PROCESS_NAMESPACES_EACH_H
#define SHM_PROCESS_NAMESPACES_EACH_H

#include "shm/process/namespaces.h"
#include "shm/process/workers.h"
#include "shm/segment/limits.h"
#include "shm/segment/listing.h"

/* Why there is nothing, or no more, of a namespace. */
struct namespace_fault {
	enum {
		FAULT_ENTERING, /* it could not be entered: error */
		FAULT_WORK,     /* the work failed there: error */
		FAULT_KILLED,   /* the worker was killed by signal */
		FAULT_STUCK,    /* the worker did not return for ten seconds */
	} kind;
	int error; /* an errno value */
	int signal;
};

struct namespaces_work {
	/* In a worker, in the namespace. Returns 0 or an errno value. */
	int (*work)(const struct worker *worker, void *context);
	/*
	 * In the parent: what that sent with worker_send(), which is never empty; not
	 * to be believed before it is checked. Returns 0 or an errno value.
	 */
	int (*take)(void *context, struct namespace *ns, const void *message, size_t size);
	/* In the parent, once at most for each namespace. */
	void (*failed)(void *context, struct namespace *ns, const struct namespace_fault *fault);
	void *context;
};

/*
 * Does the work in each of these, in their order, and sets foreign of each. The
 * parent stays in the namespace it is in; where no child can be had, it does the
 * work itself, as far as it has the right to come back. Returns 0 or ENOMEM.
 */
int namespaces_each(struct namespaces *list, const struct namespaces_work *work);

/*
 * Adds the segments of all of them to the list, in their order, each marked with
 * its namespace. Of one that fails, none is added.
 */
int namespaces_list(struct namespaces *namespaces, struct listing *list,
		    void (*report_fault)(void *context, struct namespace *ns,
					 const struct namespace_fault *fault),
		    void *context);

#endif
