/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set_change: changes one segment, and never another one that has got its id. Reports errors. */
#ifndef VERBS_SET_CHANGE_H
#define VERBS_SET_CHANGE_H

#include "shm/process/process.h"
#include "shm/segment/segment.h"
#include "text/output.h"

/* The requested changes. */
struct set_wish {
	uid_t uid;
	bool uid_given;
	gid_t gid;
	bool gid_given;
	const char *mode; /* as typed; NULL: no change */
	bool lock;
	bool unlock;
	bool with_guard;
	bool dry_run;
	bool verbose;
	bool unsure;    /* a removal may be in progress, so that a mode of 0 may be temporary */
	bool by_filter; /* a filter is given: a segment that no longer exists is not an error */
};

/*
 * Changes a segment, given as it was listed; with dry_run, only prints what would be
 * changed. processes: those of the judge that the list was judged with.
 */
enum status set_change(const struct set_wish *wish, const struct segment *listed,
		       struct processes *processes, struct output *output);

#endif
