/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard_option: --guard of read and write: a semaphore that is held during the
 * copy. Reports itself what is wrong.
 */
#ifndef VERBS_COMMON_GUARD_OPTION_H
#define VERBS_COMMON_GUARD_OPTION_H

#include "shm/segment/guard.h"
#include "text/options.h"

/* What the user asked for. */
struct guard_option {
	bool given;
	struct segment_ref ref; /* the set, named as segments are */
	int file_error;         /* of its ftok path */
	unsigned short number;
	bool number_given;
	int64_t timeout; /* milliseconds */
	bool timeout_given;
	struct guard guard; /* when it was found */
};

/* A table for OPTION_TABLE; guard_option_set() takes its options. */
extern const struct poptOption guard_option_table[];
const char *guard_option_set(struct guard_option *guard_option, int code, const char *value);

/* Checks the options, before anything else is. */
enum status guard_option_check(const struct guard_option *guard_option);

/*
 * The functions below do nothing unless a guard was given. Find looks for it,
 * after enter_namespace(). Take waits for it; a signal ends the wait. Release
 * fails where the guard was removed, so that other processes may have accessed
 * the segment during the copy.
 */
enum status guard_option_find(struct guard_option *guard_option);
enum status guard_option_take(const struct guard_option *guard_option);
enum status guard_option_release(const struct guard_option *guard_option);

#endif
