/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rm_report: what rm prints of each segment: a line on stdout, or an entry in
 * JSON, for what was removed; on stderr why another was not.
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
	bool force;
	bool json;
	bool quiet;
	bool with_guard;
	bool verbose;
};

/* What was done and printed so far. */
struct report {
	const struct rm_options *options;
	bool by_filter; /* lines and a total are printed */
	struct view view;
	struct holders holders; /* read when the first attached segment is refused */
	bool holders_read;
	struct output output;
	enum status status;
	size_t entries; /* in JSON */
	size_t done;    /* removed or marked, */
	size_t count;   /* and of those removed */
	uint64_t bytes;
	size_t namespaces; /* from which something was removed */
	const struct namespace *last_namespace;
};

/*
 * Looks up the names that the lines will show. A name service may hang: so this
 * comes before the first removal, while signals still end the program.
 */
void report_prepare(struct report *report, const struct segment *segment);

/* For a segment that was removed or marked, or with -n would be. */
void report_removed(struct report *report, const struct segment *segment);

/* The same for its guard. */
void report_guard_removed(struct report *report, const struct guard *guard);

/* For a segment that reclaim() did not remove. Returns the status. */
enum status report_not_removed(struct report *report, const struct segment *segment,
			       enum reclaim_result result, int error);

/* For one that is attached: by whom, and what would mark it for removal. */
enum status report_attached(struct report *report, const struct segment *segment);

/* Its entry in JSON, with -J: what became of it, and why (or NULL). */
void report_json(struct report *report, const struct segment *segment, const char *result,
		 const char *reason);

/* Whether what is removed has a line or an entry. */
bool report_has_lines(const struct report *report);

/*
 * Where stdout can no longer be written: lists on stderr what was removed or
 * marked of these, since it may have no line.
 */
void report_without_lines(const struct segment *const *segments, const struct reclaim_item *items,
			  size_t count);

/* How much it was, after all lines. */
void report_total(struct report *report);

#endif
