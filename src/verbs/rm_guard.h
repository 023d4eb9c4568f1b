/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm_guard: the guard that rm --with-guard removes with a segment. */
#ifndef VERBS_RM_GUARD_H
#define VERBS_RM_GUARD_H

#include "verbs/rm_report.h"

/* Why a segment and its guard are not removed. */
struct refusal {
	enum status status;
	const char *reason;
	const char *hint; /* or NULL */
};

/* What stands against removing a set as the guard of a segment, or NULL. */
const struct refusal *rm_guard_obstacle(const struct report *report, const struct segment *segment,
					const struct guard *guard);

/* Reports that. */
enum status rm_guard_refuse(struct report *report, const struct segment *segment,
			    const struct guard *guard, const struct refusal *refusal);

/* Removes the guard of a segment that was just removed. */
enum status rm_guard_remove(struct report *report, const struct guard *guard);

#endif
