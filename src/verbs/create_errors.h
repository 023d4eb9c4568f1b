/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create_errors: says why the kernel did not make, or open, a segment. */
#ifndef VERBS_CREATE_ERRORS_H
#define VERBS_CREATE_ERRORS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "text/error.h"

/* What shmget(2) was asked for. */
struct wanted {
	key_t key;
	uint64_t size; /* bytes */
	bool huge;
	uint64_t huge_size; /* of a page, bytes; 0: the usual size */
	bool reuse;         /* what exists would have done */
};

/*
 * Says what an errno value of shmget(2) was about: who has the key, which limit
 * was reached and what is in use of it, what memory there is. Returns the status.
 */
enum status say_refused(const struct wanted *wanted, int error);

#endif
