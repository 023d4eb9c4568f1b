/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm_removal: how rm removes segments, batch by batch. */
#ifndef VERBS_RM_REMOVAL_H
#define VERBS_RM_REMOVAL_H

#include "verbs/rm_report.h"

/*
 * Removes all that is chosen, and reports what became of it; sets the status of
 * the report. A worker removes, and this process reports, and undoes unfinished work if
 * the worker is killed. It stops
 * after the batch at hand when a signal comes, or when stdout cannot be written.
 */
void remove_chosen(struct report *report, const struct selection *selection);

#endif
