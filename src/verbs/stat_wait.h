/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stat_wait: waits until something is true of segments (stat --wait). */
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
 * Waits until the condition holds for all segments named, at one look. timeout is
 * in milliseconds, -1: without end; then STATUS_TIMEOUT, and a message unless quiet.
 */
enum status wait_for(enum wait_condition condition, const struct segment_refs *named,
		     int64_t timeout, bool quiet);

#endif
