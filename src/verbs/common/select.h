/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * select: turns operands and filters into a list of segments, for all verbs that have
 * filters. The functions report their own errors.
 */
#ifndef VERBS_COMMON_SELECT_H
#define VERBS_COMMON_SELECT_H

#include "shm/process/holders.h"
#include "shm/process/namespaces.h"
#include "shm/segment/judge.h"
#include "shm/segment/listing.h"
#include "text/field.h"
#include "text/filter_options.h"
#include "text/options.h"

/* The segments that the user asked for. */
struct choice {
	struct filter filter;
	struct segment_refs named; /* operands */
	struct keep keep;
	const char *ns;     /* the value of -N, or NULL */
	bool users_unknown; /* names of users do not apply there; see struct operands */
	/*
	 * "nothing was removed" or the like: a fault in a keep list is an error that ends so;
	 * NULL: it is a warning
	 */
	const char *nothing_done;
	bool may_be_everywhere; /* the verb has the option -A */
	bool verbose;           /* report why a named segment is skipped */
};

void choice_begin(struct choice *choice);

/* Parses the operands and checks the filters. Does not look at any segment yet. */
enum status choice_read(struct choice *choice, const struct operands *operands);

/*
 * Reads the keep lists, if they matter. Call it before enter_namespace(), since the lists
 * are those of the caller's namespaces. A fault is an error with nothing_done of struct
 * choice, otherwise a warning.
 */
enum status choice_read_keep(struct choice *choice);

/* Whether the filters or the keep list name users, who are others in another user namespace. */
bool choice_depends_on_users(const struct choice *choice);

/* Prepares a view for the namespace of -N, if it was given: see view.h. */
void choice_prepare_view(const struct choice *choice, struct view *view);

void choice_free(struct choice *choice);

/* Where to read the segments from, and what is needed of them. */
struct source {
	const char *saved;        /* a saved list, "-" for stdin; NULL: the kernel's list */
	bool limits;              /* with -A, the limits of each namespace, too */
	bool memory;              /* rss and swap, which only the list has */
	unsigned int needs;       /* what is needed of processes (field.h) */
	bool missing_is_no_error; /* rm -f */
	/*
	 * Look up each named segment separately, and take only rss and swap from the list.
	 * If a key is removed and created again while the list is read, the list may show
	 * it twice or not at all.
	 */
	bool named_by_itself;
};

/* Reads the list of all segments. Does not set their states. */
enum status read_segments(struct listing *all);

/* The selected segments, with their states. */
struct selection {
	struct listing list;
	struct namespaces namespaces; /* with -A: those that the segments point to */
	size_t inhabited;             /* with -A: how many namespaces they are in */
	struct judge judge;
	struct holders holders; /* if source.needs or a filter needs them */
	bool holders_known;
	/* status of the first operand not found or namespace not entered, or STATUS_DONE */
	enum status missing;
	size_t missing_at; /* how many segments were selected before it; 0 with namespaces */
	/* how many more would match if their processes, which cannot be seen, had exited */
	size_t unseen;
	/* how many more would match if they had been idle for the grace period */
	size_t fresh;
};

/*
 * Finds the named segments that match the filters, or if none is named, all segments that
 * match. Reports a named segment that does not exist (missing_before()) and continues with
 * the others. Returns another status than STATUS_DONE if the list cannot be read at all.
 * selection_free() must follow in either case.
 */
enum status select_segments(struct selection *selection, const struct choice *choice,
			    const struct source *source);

/*
 * The status of the first missing operand or namespace, if it came before the segment at
 * this index of the list (SIZE_MAX: anywhere); otherwise STATUS_DONE. This serves to exit
 * with the status of the first failure of several operands.
 */
enum status missing_before(const struct selection *selection, size_t index);

/* With -v, and on a terminal, reports how many segments are not orphaned yet (selection.fresh). */
void report_fresh(const struct selection *selection, const struct choice *choice);

void selection_free(struct selection *selection);

#endif
