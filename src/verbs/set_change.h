/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set_change: changes one segment, and no other that gets its id. Reports itself what is wrong. */
#ifndef VERBS_SET_CHANGE_H
#define VERBS_SET_CHANGE_H

#include "shm/process/process.h"
#include "shm/segment/segment.h"
#include "text/output.h"

/* What the user asked for. */
struct set_wish {
	uid_t uid;
	bool uid_given;
	gid_t gid;
	bool gid_given;
	const char *mode; /* as typed; NULL: the mode stays */
	bool lock;
	bool unlock;
	bool with_guard;
	bool dry_run;
	bool verbose;
};

/*
 * Changes a segment as it was listed; with a dry run only prints what would be
 * changed. The processes are those that the list was judged by.
 */
enum status set_change(const struct set_wish *wish, const struct segment *listed,
		       struct processes *processes, struct output *output);

#endif
