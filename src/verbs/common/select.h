/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * select: from operands and filters to segments, the same for every verb that
 * takes them. Says itself what is wrong.
 */
#ifndef VERBS_COMMON_SELECT_H
#define VERBS_COMMON_SELECT_H

#include "shm/process/holders.h"
#include "shm/process/namespaces.h"
#include "shm/segment/judge.h"
#include "shm/segment/listing.h"
#include "text/filter_options.h"
#include "text/options.h"

/* What the user asked for. */
struct choice {
	struct filter filter;
	struct segment_refs named;
	struct keep keep;
	const char *ns;         /* of -N, or NULL */
	bool removal;           /* without its keep list, a removal by filter must not begin */
	bool may_be_everywhere; /* the verb takes -A */
	bool verbose;           /* say why one that was named is left out */
};

void choice_begin(struct choice *choice);

/* Reads the operands and checks the filters. Nothing has been looked at yet. */
enum status choice_read(struct choice *choice, const struct operands *operands);

/*
 * Reads the keep lists: before enter_namespace(), since they are our own. What
 * cannot be read stops a removal by filter; for anything else it is a warning.
 */
enum status choice_read_keep(struct choice *choice);

/* Whether users were named in it or in its keep list: they mean others in a user namespace. */
bool choice_depends_on_users(const struct choice *choice);

void choice_free(struct choice *choice);

/* How to come by the segments. */
struct source {
	const char *saved;        /* a saved list, "-" for stdin; NULL: the kernel's */
	bool memory;              /* rss and swap are wanted, which only the list has */
	bool holders;             /* who has them attached is wanted */
	bool missing_is_no_error; /* rm -f */
	/*
	 * What is named is looked up by itself, and only its memory taken from the
	 * list: there a key that is made anew meanwhile may come twice, or not at all.
	 */
	bool named_by_itself;
};

/* Reads the whole list, of all segments, judged by nobody; says why it cannot. */
enum status read_segments(struct listing *all, const struct source *source);

/* The segments that were chosen, judged. */
struct selection {
	struct listing list;
	struct namespaces namespaces; /* with -A: those that the segments point to */
	struct judge judge;
	struct holders holders; /* where they were wanted, by the source or a filter */
	bool holders_known;
	/* of the first name not found, or namespace not entered, or STATUS_DONE */
	enum status missing;
	size_t missing_at; /* it stood before the segment at this index */
};

/*
 * Finds the segments named that pass the filters, or all that pass them when
 * none is named. A segment that is named and does not exist is said, see
 * missing_before(); the others are chosen all the same. Returns another status
 * than STATUS_DONE when the list cannot be had at all. selection_free() ends
 * it whatever is returned.
 */
enum status select_segments(struct selection *selection, const struct choice *choice,
			    const struct source *source);

/*
 * The status of a name that was not found, if it stood before the segment at
 * this index of the list (SIZE_MAX: anywhere); else STATUS_DONE. So the first
 * failure of several operands can be told.
 */
enum status missing_before(const struct selection *selection, size_t index);

void selection_free(struct selection *selection);

#endif
