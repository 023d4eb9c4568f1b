/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stat_wait: stat --wait, which waits until a condition holds for segments. */
#ifndef VERBS_STAT_WAIT_H
#define VERBS_STAT_WAIT_H

#include "text/error.h"
#include "text/filter.h"

enum wait_condition {
	WAIT_NOT,
	WAIT_EXISTS,
	WAIT_GONE,
	WAIT_ATTACHED,
	WAIT_DETACHED,
};

/*
 * Waits until the condition holds for all named segments at the same time. timeout is in
 * milliseconds, -1 waits forever. After it, returns STATUS_TIMEOUT, with a message unless
 * quiet.
 */
enum status wait_for(enum wait_condition condition, const struct segment_refs *named,
		     int64_t timeout, bool quiet);

#endif
