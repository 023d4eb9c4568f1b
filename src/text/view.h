/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view: how segments are shown, and what is needed for that besides themselves. */
#ifndef TEXT_VIEW_H
#define TEXT_VIEW_H

#include "shm/process/holders.h"
#include "shm/segment/judge.h"
#include "shm/system/intmap.h"
#include "text/error.h"
#include "text/names.h"
#include "text/units.h"

/* What is needed to show a segment, besides itself. */
struct view {
	struct judge *judge;
	struct names names;
	struct holders *holders;     /* NULL: nobody asked for them */
	struct intmap holders_texts; /* by place in holders */
	bool numeric;                /* users and groups as numbers */
	bool unambiguous;            /* the same where a name has a space or = in it */
	bool exact;                  /* sizes in bytes */
	enum time_format times;
	bool color;   /* states in colour, in the table */
	size_t width; /* of the table, which cuts names to fit; 0: no bound */
	struct machine {
		bool known;
		uint64_t ns;   /* inode of the IPC namespace */
		char host[65]; /* the machine's name */
	} machine;             /* of our own segments */
};

void view_begin(struct view *view, struct judge *judge);
/* STATUS_DONE; or STATUS_EXHAUSTED, reported, where names are missing in what was shown. */
enum status view_end(struct view *view);

/*
 * The machine, and the IPC namespace that we are in. Found out at the first call,
 * since most views do not show them.
 */
const struct machine *machine_of(struct view *view);

#endif
