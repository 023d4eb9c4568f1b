/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm_unchecked: rm -m and -M, which remove segments without checks, as ipcrm(1) does. */
#ifndef VERBS_RM_UNCHECKED_H
#define VERBS_RM_UNCHECKED_H

#include "verbs/rm_report.h"

/*
 * Finds the segments of -m and -M. Reports one that does not exist, and sets its id to -1.
 * The result is for free(3); NULL: out of memory.
 */
struct segment *find_unchecked(struct report *report);

/* Removes these segments as ipcrm(1) does, even if they are attached or the id was reused. */
void remove_unchecked(struct report *report, const struct segment *segments);

#endif
