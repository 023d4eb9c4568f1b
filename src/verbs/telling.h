/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * telling: what rm says of each segment: on stdout lines, or JSON, of what was
 * removed, on stderr why another was not.
 */
#ifndef VERBS_TELLING_H
#define VERBS_TELLING_H

#include <signal.h>

#include "shm/guard.h"
#include "shm/reclaim.h"
#include "text/field.h"
#include "text/output.h"
#include "verbs/select.h"

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
 * locked out for long. Signals wait meanwhile, so that no end but SIGKILL loses
 * a line, unless nobody reads them. The first is alone: its line tells whether
 * stdout can be written at all.
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
	size_t whole;   /* the output that it holds ends here with a whole entry */
	bool begun;     /* the first was tried */
	size_t results; /* printed as JSON so far */
	size_t count;   /* removed */
	uint64_t bytes;
	size_t namespaces;           /* from which something was removed */
	struct reclaim tries[BATCH]; /* the batch at hand */
	size_t tried;                /* so many; 0 when what was removed of them is noted below */
	int removed[BATCH]; /* ids of what was removed or marked, in the order of telling */
	size_t removed_count;
	size_t told;   /* so many of them have their line in the output */
	size_t untold; /* and from here on, it is not written yet */
	enum status status;
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

/* Notes that it was removed or marked, which is told later: in a line, or by tell_untold(). */
void note_removed(struct tally *tally, const struct segment *segment);

/* Of a segment that was removed or marked, and noted, or with -n would be. */
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

/* On stderr, ids of what was removed and noted, from that one on: it has no line. */
void tell_untold(struct tally *tally, size_t first);

/* How much it was, behind all lines. */
void tell_total(const struct removal *removal);

/* Signals wait from now on, until let_signals_in(); before is their mask. */
void hold_signals(struct removal *removal, sigset_t *before);

/* While they wait: writes out what is told so far, see output_flush_with(). */
void write_told(struct removal *removal);

/* The same, and then they act. */
void let_signals_in(struct removal *removal);

/*
 * Called before anything is said on stderr while signals wait: where nobody
 * reads what is there already, they act, and what was removed is told first.
 */
void before_words(struct removal *removal);

#endif
