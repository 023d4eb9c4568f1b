/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm_unchecked: rm -m and -M, which remove as ipcrm does. */
#ifndef VERBS_RM_UNCHECKED_H
#define VERBS_RM_UNCHECKED_H

#include "verbs/rm_report.h"

/*
 * Finds what -m and -M name; one that is not there has no id (-1), and is
 * reported. The result is for free(); NULL without memory.
 */
struct segment *find_unchecked(struct report *report);

/* Removes these as ipcrm does: attached or not, and whatever has become of the id. */
void remove_unchecked(struct report *report, const struct segment *segments);

#endif
