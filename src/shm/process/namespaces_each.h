/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * namespaces_each: runs a function in each of many IPC namespaces. One worker
 * (workers.h) enters one namespace after the other. A namespace whose owning user
 * namespace must be entered, too, gets a worker of its own, since a process cannot
 * leave a user namespace again (setns(2)). Files that belong to a namespace
 * (/proc/sysvipc, /proc/sys/kernel/shm*) must be opened anew in each.
 */
#ifndef SHM_PROCESS_NAMESPACES_EACH_H
#define SHM_PROCESS_NAMESPACES_EACH_H

#include "shm/process/namespaces.h"
#include "shm/process/workers.h"
#include "shm/segment/limits.h"
#include "shm/segment/listing.h"

/* Why the work in a namespace failed. */
struct namespace_fault {
	enum {
		FAULT_ENTERING, /* the namespace could not be entered, see error */
		FAULT_WORK,     /* work() failed, see error */
		FAULT_KILLED,   /* the worker was killed, see signal */
		FAULT_STUCK,    /* the worker did not return for ten seconds */
	} kind;
	int error; /* an errno value */
	int signal;
};

struct namespaces_work {
	/* In a worker, in the namespace: does the work. Returns 0 or an errno value. */
	int (*work)(const struct worker *worker, void *context);
	/*
	 * In the parent: takes a message, never empty, that work() sent with worker_send().
	 * Must check it before use. Returns 0 or an errno value.
	 */
	int (*take)(void *context, struct namespace *ns, const void *message, size_t size);
	/* In the parent: called at most once for each namespace. */
	void (*failed)(void *context, struct namespace *ns, const struct namespace_fault *fault);
	void *context;
};

/*
 * Does the work in each namespace of the list, in this order, and sets foreign of each.
 * The parent stays in its own namespace. If no child can be created, the parent does
 * the work itself, provided that it may return to its namespace. Returns 0 or ENOMEM.
 */
int namespaces_each(struct namespaces *list, const struct namespaces_work *work);

/*
 * Adds the segments of all these namespaces to the list, in this order, and sets ns of
 * each segment. A namespace that fails is reported and adds no segments. Returns 0 or
 * ENOMEM.
 */
int namespaces_list(struct namespaces *namespaces, struct listing *list,
		    void (*report_fault)(void *context, struct namespace *ns,
					 const struct namespace_fault *fault),
		    void *context);

#endif
