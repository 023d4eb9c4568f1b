/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * namespaces_each: lists the segments of many IPC namespaces. One worker (workers.h) enters
 * one namespace after the other. A namespace whose owning user namespace must be entered,
 * too, gets a worker of its own, since a process cannot leave a user namespace again
 * (setns(2)). Files that belong to a namespace (/proc/sysvipc, /proc/sys/kernel/shm*) must
 * be opened anew in each.
 */
#ifndef SHM_PROCESS_NAMESPACES_EACH_H
#define SHM_PROCESS_NAMESPACES_EACH_H

#include "shm/process/namespaces.h"
#include "shm/segment/listing.h"

/* Why the segments of a namespace could not be listed. */
struct namespace_fault {
	enum {
		FAULT_ENTERING, /* the namespace could not be entered, see error */
		FAULT_LISTING,  /* the list could not be read, see error */
		FAULT_KILLED,   /* the worker was killed, see signal */
		FAULT_STUCK,    /* the worker did not return for two seconds */
	} kind;
	int error; /* an errno value */
	int signal;
};

/*
 * Adds the segments of all these namespaces to the list, in this order, and sets ns of
 * each segment, and foreign of each namespace. A namespace that fails is reported once, and
 * adds no segments. The parent stays in its own namespace. If no child can be created, the
 * parent does the work itself, provided that it may return to its namespace. Returns 0 or
 * ENOMEM.
 */
int namespaces_list(struct namespaces *namespaces, struct listing *list,
		    void (*report_fault)(void *context, struct namespace *ns,
					 const struct namespace_fault *fault),
		    void *context);

#endif
