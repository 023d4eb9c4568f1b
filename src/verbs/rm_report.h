/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rm_report: what rm says of each segment: on stdout lines, or JSON, of what was
 * removed, on stderr why another was not.
 */
#ifndef VERBS_RM_REPORT_H
#define VERBS_RM_REPORT_H

#include <signal.h>

#include "shm/segment/guard.h"
#include "shm/segment/reclaim.h"
#include "text/format.h"
#include "text/output.h"
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

/*
 * So many segments at most are removed together: enough that the wait in
 * reclaim() is short beside the removal itself, and few enough that nobody is
 * locked out for long (0.2 s). Signals wait meanwhile. The first is alone: its
 * line tells whether stdout can be written at all.
 */
enum { BATCH = 16384 };

/* So many lines are written at a time: a write for each would take as long as the removal. */
enum { LINES = 32 };

/*
 * What was done so far. It is in memory that is shared with the children that
 * do it, together with what they have not yet written: so one that is killed
 * takes no line with it, and leaves nobody locked out.
 */
struct tally {
	struct output output;
	size_t results;       /* printed as JSON so far */
	size_t whole;         /* the output that it holds ends here with a whole entry, */
	size_t whole_results; /* which is that one */
	size_t count;         /* removed */
	uint64_t bytes;
	size_t namespaces; /* from which something was removed */
	bool begun;        /* the first was tried */
	enum status status;
	struct reclaim tries[BATCH]; /* the batch at hand */
	size_t tried;
	size_t told;        /* so many of them are told, in the output or on stderr */
	size_t written;     /* and of so many the output is written */
	struct guard guard; /* with --with-guard: it goes when the one segment tried is gone */
	bool guard_due;
};

/* One run. */
struct removal {
	const struct rm_options *options;
	bool by_filter; /* lines and a total are printed */
	struct view view;
	struct holders holders; /* read when the first attached segment is refused */
	bool holders_read;
	struct tally *tally;
	struct output *output;   /* of the tally */
	const sigset_t *waiting; /* the mask that lets in the signals that wait; NULL: none do */
};

/* Of a segment that was removed or marked, or with -n would be. */
void tell_removed(struct removal *removal, const struct segment *segment);

/* The same of its guard. */
void tell_guard_removed(struct removal *removal, const struct guard *guard);

/*
 * Of a segment that reclaim() did not remove, with the errno value that it
 * gave. Returns the status.
 */
enum status tell_left(struct removal *removal, const struct segment *segment,
		      enum reclaim_result result, int error);

/* Of one that is attached: by whom, and what would mark it all the same. */
enum status tell_attached(struct removal *removal, const struct segment *segment);

/* Its entry in JSON, with -J: what became of it, and why (or NULL). */
void tell_json(struct removal *removal, const struct segment *segment, const char *result,
	       const char *reason);

/* The output holds whole entries. */
void entry_is_whole(struct tally *tally);

/* Takes back what it holds of an entry that somebody began and did not end. */
void take_back_entry(struct tally *tally);

/*
 * Tells on stderr what was removed or marked, of the batch at hand from that one
 * on, since it has no line, or may have none; then the batch is done. Where
 * nobody reads stderr, that is not waited for.
 */
void tell_untold(struct tally *tally, size_t first);

/*
 * Tells what became of those of the batch that are not told, each as usual while stdout
 * can be written, else on stderr. Where a signal is to end us, neither is waited for.
 */
void tell_rest(struct removal *removal, bool interrupted);

/* How much it was, behind all lines. */
void tell_total(const struct removal *removal);

/*
 * Where signals wait: lets them in by this mask while a reader is waited for. NULL: they
 * do not wait.
 */
void wait_with(struct removal *removal, const sigset_t *mask);

/* Signals wait from now on, until let_signals_in(); before is their mask. */
void hold_signals(struct removal *removal, sigset_t *before);

/* While they wait: writes out what is told so far. */
void write_told(struct removal *removal);

/* The same, and then they act. */
void let_signals_in(struct removal *removal);

#endif
