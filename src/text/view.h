/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view: how segments are printed, and the data needed for that. */
#ifndef TEXT_VIEW_H
#define TEXT_VIEW_H

#include "shm/process/holders.h"
#include "shm/segment/judge.h"
#include "shm/system/intmap.h"
#include "text/error.h"
#include "text/names.h"
#include "text/units.h"

/* What the fields of a segment need besides the segment. */
struct view {
	struct judge *judge;
	struct names names;
	struct holders *holders;     /* NULL: no field needs them */
	struct intmap holders_texts; /* cached texts, by index in holders */
	bool numeric;                /* print users and groups as numbers */
	bool unambiguous;            /* print them as numbers if a name has a space or = in it */
	bool exact;                  /* sizes in bytes */
	enum time_format times;
	bool color;         /* highlight states in tables */
	size_t width;       /* of the table, which cuts names to fit; 0: unlimited */
	bool entered;       /* segments are those of the IPC namespace of -N */
	bool slow_names;    /* see view_warn_of_names() */
	bool users_unknown; /* the names of users and groups on this machine do not apply there */
	struct machine {
		bool known;
		uint64_t ns;   /* inode of the IPC namespace */
		char host[65]; /* the host name */
	} machine;             /* where segments without namespace (ns) are */
};

void view_begin(struct view *view, struct judge *judge);
/* Frees the view. Returns STATUS_DONE, or reports STATUS_EXHAUSTED if names could not be shown. */
enum status view_end(struct view *view);

/* If names_take_too_long(), warns, unless it did so before. */
void view_warn_of_names(struct view *view);

/*
 * The host name, and the IPC namespace of this process. They are read at the first call,
 * since most views do not need them.
 */
const struct machine *machine_of(struct view *view);

/* Whether the names of users and groups on this machine apply to the ids of a segment. */
bool users_are_known(const struct view *view, const struct segment *segment);

/* The name of a user or group of a segment, or the number as text if names do not apply. */
const char *user_of_segment(struct view *view, const struct segment *segment, uid_t uid);
const char *group_of_segment(struct view *view, const struct segment *segment, gid_t gid);

#endif
