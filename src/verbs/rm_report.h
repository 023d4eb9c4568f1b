/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rm_report: the output of rm. For a segment that was removed, that is a line on stdout, or
 * an entry in JSON; for one that was not, the reason on stderr.
 */
#ifndef VERBS_RM_REPORT_H
#define VERBS_RM_REPORT_H

#include "shm/segment/guard.h"
#include "shm/segment/reclaim.h"
#include "text/output.h"
#include "text/view.h"
#include "verbs/common/select.h"

struct rm_options {
	struct choice choice;
	struct segment_refs as_ipcrm; /* -m and -M */
	bool dry_run;
	bool interactive;
	bool force;
	bool json;
	bool quiet;
	bool with_guard;
	bool verbose;
};

/* The state of the output. */
struct report {
	const struct rm_options *options;
	bool by_filter; /* a filter is given: print lines and a total */
	struct view view;
	struct holders holders; /* read when the first attached segment is not removed */
	bool holders_read;
	struct scan_losses losses; /* of all scans for them */
	struct output output;
	enum status status;
	size_t entries;                 /* number of entries in JSON */
	const struct segment **removed; /* segments removed or marked, in this order */
	size_t done;                    /* how many they are, */
	size_t written;                 /* and how many of them have a line that is written */
	size_t count;                   /* segments removed, without those that were marked */
	uint64_t bytes;
	size_t namespaces; /* from which a segment was removed */
	const struct namespace *last_namespace;
	bool worker_lost; /* killed or blocked: nothing more is removed */
	size_t skipped;   /* segments matched by a filter that are attached or in the keep list */
	size_t denied;    /* segments of other users, matched by a filter */
	const struct segment *first_denied;
	int first_error; /* why */
};

/*
 * Looks up the names that a segment's line will show. A name service may block, so this is
 * called before the first removal, while signals still end the program.
 */
void report_prepare(struct report *report, const struct segment *segment);

/* Reports a segment that was removed or marked, or with -n, would be. */
void report_removed(struct report *report, const struct segment *segment);

/* Writes the lines to stdout. */
void report_flush(struct report *report);

/*
 * If rm ends early: lists on stderr what was removed or marked and may have no line, since
 * stdout cannot be written, or since there are no lines, as by name.
 */
void report_without_lines(const struct report *report);

/* Reports a guard that was removed, or with -n, would be. */
void report_guard_removed(struct report *report, const struct guard *guard);

/* Reports a segment that reclaim() did not remove. Returns the status. */
enum status report_not_removed(struct report *report, const struct segment *segment,
			       enum reclaim_result result, int error);

/* Reports that a segment is attached, by which processes, and how to mark it for removal. */
enum status report_attached(struct report *report, const struct segment *segment);

/* With -J, prints an entry: the segment, the result, and the reason (or NULL). */
void report_json(struct report *report, const struct segment *segment, const char *result,
		 const char *reason);

/* Reports the segments of other users that a filter matched, unless -v listed them. */
void report_denied(struct report *report);

/*
 * Reports on stderr segments that may be orphaned, but whose processes cannot be seen, as in
 * a restarted container: unseen of struct selection.
 */
void report_unseen(const struct report *report, size_t unseen);

/*
 * On a terminal and with -v, reports that no segment matches the filters (none), or that all that
 * match were skipped, and how many will match after the grace period.
 */
void report_nothing_removed(const struct report *report, const struct selection *selection,
			    bool none);

/* Prints the total, after all lines. */
void report_total(struct report *report);

#endif
