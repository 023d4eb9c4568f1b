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

/* What is needed to tell of a segment, besides itself. */
struct view {
	struct judge *judge;
	struct names names;
	struct holders *holders;     /* NULL: nobody asked for them */
	struct intmap holders_texts; /* by place in holders */
	bool numeric;                /* users and groups as numbers */
	bool words;                  /* the same of names with a blank or an = in them */
	bool exact;                  /* sizes in bytes */
	enum time_format times;
	bool color;   /* states in colour, in the table */
	size_t width; /* of the table, which cuts names to fit; 0: no bound */
	struct origin {
		bool known;
		uint64_t ns;   /* inode of the IPC namespace */
		char host[65]; /* the machine's name */
	} origin;              /* of our own segments */
};

void view_begin(struct view *view, struct judge *judge);
/* STATUS_DONE; or it says that names are missing in what was shown: STATUS_EXHAUSTED. */
enum status view_end(struct view *view);

/*
 * Where our own segments are. Found out when it is first wanted, since to look
 * into /proc takes a moment of every start that is not to be seen in most views.
 */
const struct origin *origin_of(struct view *view);

#endif
