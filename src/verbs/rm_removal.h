/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm_removal: how rm goes through the segments, and who does the work. */
#ifndef VERBS_RM_REMOVAL_H
#define VERBS_RM_REMOVAL_H

#include "verbs/rm_report.h"

/*
 * Removes all that is chosen, namespace by namespace, as they are listed; says
 * what it did, and keeps the status in the tally. A child does the work, so
 * that somebody is there to mend what it leaves half done if it is killed. The
 * tally points into the selection, which is for selection_free() when all is told.
 */
void remove_chosen(struct removal *removal, struct selection *selection);

/* Removes what -m and -M name, as ipcrm does: at once, and whoever has it. */
enum status remove_all_as_ipcrm(struct removal *removal);

#endif
