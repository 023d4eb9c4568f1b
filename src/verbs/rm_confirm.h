/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm_confirm: rm -i, which asks before it removes. */
#ifndef VERBS_RM_CONFIRM_H
#define VERBS_RM_CONFIRM_H

#include "verbs/rm_report.h"

/*
 * Prints what a dry run prints, and asks once whether to remove that. Keeps in the selection
 * only the segments of which a line was printed; none, if the answer is not yes. Errors are
 * reported, and their status is that of the report, as in a removal.
 */
void confirm_removal(struct report *report, struct selection *selection);

#endif
