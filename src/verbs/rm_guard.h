/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm_guard: the guard that rm --with-guard removes with a segment. */
#ifndef VERBS_RM_GUARD_H
#define VERBS_RM_GUARD_H

#include "verbs/rm_report.h"

/*
 * Finds the guard of a segment, and checks whether it can be removed. Returns STATUS_DONE if
 * so, or if there is no guard (guard->id is then -1). Otherwise reports why neither segment
 * nor guard is removed.
 */
enum status rm_guard_check(struct report *report, const struct segment *segment,
			   struct guard *guard);

/* Removes the guard of a segment that has been removed. Reports if there is none. */
enum status rm_guard_remove(struct report *report, const struct segment *segment,
			    const struct guard *guard);

#endif
