/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create_errors: reports why the kernel did not create, or open, a segment. */
#ifndef VERBS_CREATE_ERRORS_H
#define VERBS_CREATE_ERRORS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "text/error.h"

/* What was requested from shmget(2). */
struct wanted {
	key_t key;
	const char *key_word; /* the key as typed, or NULL */
	uint64_t size;        /* bytes */
	bool huge;
	uint64_t huge_size; /* size of a huge page in bytes; 0: the default */
	bool reuse;         /* an existing segment was acceptable */
};

/*
 * Reports the cause of an errno value of shmget(2): which segment has the key, which limit
 * was reached and its usage, or how much memory is available. Returns the status.
 */
enum status report_refused(const struct wanted *wanted, int error);

#endif
