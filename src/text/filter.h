/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter: selects segments, in the same way for ls, stat, set and rm. A segment must match
 * every kind of filter that is given. If a kind is given several times, one match is
 * enough. Modifiers select nothing by themselves.
 */
#ifndef TEXT_FILTER_H
#define TEXT_FILTER_H

#include "shm/process/holders.h"
#include "shm/segment/judge.h"
#include "shm/segment/segment.h"

enum filter_kind {
	FILTER_ORPHANED,
	FILTER_LIKELY,
	FILTER_STATE,
	FILTER_DETACHED,
	FILTER_ATTACHED,
	FILTER_DEST,
	FILTER_LOCKED,
	FILTER_OWNER,
	FILTER_GROUP,
	FILTER_CREATOR,
	FILTER_MODE,
	FILTER_KEY,
	FILTER_PID,
	FILTER_COMMAND,
	FILTER_UNIT,
	FILTER_IDLE,
	FILTER_MAX_IDLE,
	FILTER_MIN_SIZE,
	FILTER_MAX_SIZE,
	FILTER_MIN_RSS,
	FILTER_ALL,
	FILTER_KINDS,
};

struct number_list {
	uint64_t *items;
	size_t count;
	size_t capacity;
};

struct word_list {
	const char **items;
	size_t count;
	size_t capacity;
};

struct segment_refs {
	struct segment_ref *items;
	size_t count;
	size_t capacity;
};

/* Keys from first to last, as key_t cast to uint32_t. 0 is the key of private segments. */
struct key_ranges {
	struct key_range {
		uint32_t first;
		uint32_t last;
	} * items;
	size_t count;
	size_t capacity;
};

/* Tests of permission bits, like -perm of find(1). */
struct mode_tests {
	struct mode_test {
		enum { MODE_IS, MODE_HAS_ALL, MODE_HAS_ANY } how;
		unsigned short bits;
	} * items;
	size_t count;
	size_t capacity;
};

struct filter {
	unsigned int kinds;  /* a bit for each filter_kind that was given */
	unsigned int states; /* a bit for each state of --state */
	struct number_list owners;
	struct number_list groups;
	struct number_list creators;
	struct mode_tests modes;
	struct key_ranges keys;
	struct number_list pids;
	struct word_list commands;
	struct word_list units;
	int64_t idle; /* milliseconds */
	int64_t max_idle;
	uint64_t min_size; /* bytes */
	uint64_t max_size;
	uint64_t min_rss;
	/* modifiers */
	bool modified; /* a modifier was given that changes what a filter selects */
	int64_t grace; /* milliseconds */
	bool grace_given;
	struct segment_refs except;
	struct number_list except_owners;
	struct number_list except_creators;
	struct key_ranges except_keys;
	struct keep keep; /* entries of --keep, in addition to those of files */
	bool keep_given;
	struct word_list keep_files; /* of --keep-file; if empty, the default lists are read */
	bool ignore_keep;
	bool even_attached; /* has an effect only in rm */
	bool all_namespaces;
	struct word_list except_namespaces; /* as typed: PID, PATH or NS */
	int file_error;                     /* why an ftok path could not be resolved, or 0 */
	const char *file_error_word;
};

/* Whether a filter was given. Modifiers do not count. */
bool filter_given(const struct filter *filter);

/* Whether --orphaned is the only filter and no modifier is given. */
bool filter_shows_orphaned(const struct filter *filter);

/* Whether a filter by state is given, for which keep lists matter. */
bool filter_judges(const struct filter *filter);

/* Whether users or groups are named. Their numbers mean others in another user namespace. */
bool filter_names_users(const struct filter *filter);

/* Whether the filter needs segment->likely, something of processes (field.h), resident memory. */
bool filter_needs_likely(const struct filter *filter);
unsigned int filter_needs(const struct filter *filter);
bool filter_needs_memory(const struct filter *filter);

/*
 * Whether a segment matches. Its state must be set (judge.h). holders is NULL if the attached
 * processes are not known. An unknown value matches no filter.
 */
bool filter_matches(const struct filter *filter, const struct segment *segment, struct judge *judge,
		    struct holders *holders);

/* Whether a modifier excludes segments (--except and the like). */
bool filter_has_exceptions(const struct filter *filter);

/* Whether a SEGMENT operand names this segment. */
bool segment_is_named(const struct segment_ref *ref, const struct segment *segment);

void filter_free(struct filter *filter);

#endif
