/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm_removal: how rm removes segments, batch by batch. */
#ifndef VERBS_RM_REMOVAL_H
#define VERBS_RM_REMOVAL_H

#include "verbs/rm_report.h"

/*
 * Removes the selected segments, reports the results, and sets the status of the report. A
 * worker process removes; this process reports, and has unfinished work undone if the
 * worker is killed. If a signal comes or stdout cannot be written, stops after the current
 * batch.
 */
void remove_chosen(struct report *report, struct selection *selection);

#endif
