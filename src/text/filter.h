/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter: which segments are meant, the same in ls, stat, set and rm. All
 * kinds of filter that are given must hold; a kind given twice matches either
 * value. Modifiers select nothing by themselves.
 */
#ifndef TEXT_FILTER_H
#define TEXT_FILTER_H

#include <popt.h>

#include "shm/process/holders.h"
#include "shm/segment/keep.h"
#include "shm/segment/segment.h"

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

struct filter {
	unsigned int kinds;  /* a bit for each kind of filter that was given */
	unsigned int states; /* a bit for each state of --state */
	struct number_list owners;
	struct number_list creators;
	struct number_list keys; /* as key_t cast to uint32_t */
	struct number_list pids;
	int64_t idle;      /* milliseconds */
	uint64_t min_size; /* bytes */
	uint64_t max_size;
	/* modifiers */
	int64_t grace; /* milliseconds */
	struct segment_refs except;
	struct keep keep; /* what --keep names, in addition to any list */
	bool keep_given;
	struct word_list keep_files; /* instead of the default ones, if any was given */
	bool ignore_keep;
	bool even_attached; /* acts in rm only; elsewhere it changes nothing */
	bool all_namespaces;
	struct word_list except_namespaces; /* as typed: a process or a path each */
	int file_error;                     /* an ftok path could not be resolved: an errno value */
	const char *file_error_word;
};

/* The option table: what selects, and below it what only modifies. */
extern const struct poptOption filter_options[];
#define FILTER_TITLE "Filters (all that are given must hold), and from --grace on modifiers:"

/* Remembers that an ftok path of this word could not be resolved, to be said later. */
void filter_note_path(struct filter *filter, const char *word, int error);

void filter_begin(struct filter *filter);

/* Handles an option of the tables; what is wrong with the value, or NULL. */
const char *filter_option(struct filter *filter, int code, const char *value);

/* What is wrong with the filters together (--all with another), or NULL. */
const char *filter_check(const struct filter *filter);

/* Whether any filter was given (modifiers are none). */
bool filter_given(const struct filter *filter);

/* Whether it shows all that --orphaned by itself does: nothing else was said, no modifier either. */
bool filter_shows_orphaned(const struct filter *filter);

/* Whether users were named, whose numbers mean others in another user namespace. */
bool filter_names_users(const struct filter *filter);

/* Whether --likely was given, for which more must be found out. */
bool filter_wants_likely(const struct filter *filter);

/* Whether --pid was given, which is also about who holds a segment. */
bool filter_wants_holders(const struct filter *filter);

/* Whether a judged segment passes, idle given in seconds; holders: NULL where none are known. */
bool filter_matches(const struct filter *filter, const struct segment *segment, int64_t idle,
		    struct holders *holders);

/* Whether --except names it. */
bool filter_excepts(const struct filter *filter, const struct segment *segment);

/* Whether a SEGMENT operand names this segment. */
bool segment_is_named(const struct segment_ref *ref, const struct segment *segment);

void filter_free(struct filter *filter);

#endif
