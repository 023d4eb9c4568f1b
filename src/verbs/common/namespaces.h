/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namespaces: -A, the segments of all IPC namespaces. Says itself what is wrong. */
#ifndef VERBS_COMMON_NAMESPACES_H
#define VERBS_COMMON_NAMESPACES_H

#include "shm/process/visit.h"
#include "text/limits_text.h"
#include "verbs/common/select.h"

/* What is wrong with -A beside the rest of the command line, or NULL. */
const char *all_namespaces_check(const struct choice *choice, const struct operands *operands);

/*
 * Finds the namespaces, but for those excepted, and reads the segments of
 * all. One that cannot be entered is said, and its status is kept as that of a
 * name that is missing, see missing_before(); the others are read. Returns
 * another status than STATUS_DONE when nothing can be had at all.
 */
enum status all_namespaces_read(struct selection *selection, struct listing *all,
				const struct choice *choice);

/*
 * The limits of each, for free(), as far as they can be had; found are the
 * namespaces, for namespaces_free(). Returns the status of the first that
 * cannot be told, which is said.
 */
enum status all_namespaces_limits(struct namespaces *found, const struct choice *choice,
				  struct limits_of **limits, size_t *count);

/* Does it in that namespace, see namespace_visit(); says what fails. */
enum status all_namespaces_visit(const struct errand *errand);

#endif
