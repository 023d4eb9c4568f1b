/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard_option: --guard of read and write: a semaphore that is acquired for the time of the
 * copy. The functions report their own errors.
 */
#ifndef VERBS_COMMON_GUARD_OPTION_H
#define VERBS_COMMON_GUARD_OPTION_H

#include "shm/segment/guard.h"
#include "text/options.h"

/* The options as given. */
struct guard_option {
	bool given;
	struct segment_ref ref; /* the semaphore set, by id or key */
	int file_error;         /* why its ftok path could not be resolved, or 0 */
	unsigned short number;
	bool number_given;
	int64_t timeout; /* milliseconds */
	bool timeout_given;
	struct guard guard; /* set by guard_option_find() */
};

/* The options, for OPTION_TABLE. guard_option_set() handles them, as a handler in options.h. */
extern const struct poptOption guard_option_table[];
const char *guard_option_set(struct guard_option *guard_option, int code, const char *value);

/* Checks that the options can be combined. */
enum status guard_option_check(const struct guard_option *guard_option);

/*
 * These functions do nothing unless --guard was given. guard_option_find() looks up the
 * guard; call it after enter_namespace(). guard_option_take() waits until it has acquired
 * the guard, or a signal comes, and fails if the segment was removed in the meantime.
 * guard_option_release() fails if the guard was removed, since then other processes may have
 * accessed the segment during the copy.
 */
enum status guard_option_find(struct guard_option *guard_option);
enum status guard_option_take(const struct guard_option *guard_option,
			      const struct segment *segment);
enum status guard_option_release(const struct guard_option *guard_option);

#endif
