/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * namespaces: -N (one IPC namespace) and -A (all of them). All functions except
 * namespace_open_named() and all_namespaces_check() report their own errors.
 */
#ifndef VERBS_COMMON_NAMESPACES_H
#define VERBS_COMMON_NAMESPACES_H

#include "shm/process/namespaces.h"
#include "shm/segment/listing.h"
#include "text/filter.h"
#include "text/limits_text.h"
#include "text/options.h"

/*
 * Opens the namespace that PID|PATH|NS names. Returns 0 or an error of
 * namespace_open_of(), namespace_open_path() or namespace_open_number().
 */
int namespace_open_named(const char *word, struct namespace *ns);

/* Reports that namespace_open_named() failed, with a hint. Returns the status. */
enum status cannot_enter_named(const char *name, int error);

/*
 * Enters the namespace of -N, if given. Call it after everything else has been checked.
 * users_matter: the command line or a keep list names users; then it is an error to enter
 * another user namespace, or to be in one where names stand for other users
 * (users_are_foreign()), since these users are others there.
 */
enum status enter_namespace(struct operands *operands, bool users_matter);

/*
 * Returns why -A cannot be combined with the rest of the command line, or NULL. allowed: the
 * verb has the option -A.
 */
const char *all_namespaces_check(const struct filter *filter, const struct operands *operands,
				 bool allowed);

/*
 * Finds the excluded namespaces, without keeping them in existence. It is an error if one does
 * not exist. namespaces_free() must follow.
 */
enum status open_excepted(struct namespaces *excepted, const struct filter *filter);

/*
 * Finds all namespaces except the excluded ones (open_excepted(); those that have ended are
 * dropped from that list after three looks), and reads their segments. If a namespace
 * cannot be entered, reports that, and continues with the next one; *missing is the status of the
 * first. missing may be NULL: then such failures are not reported. Returns another status than
 * STATUS_DONE if no list can be made at all. users_matter: see enter_namespace(); losses: see
 * scan.h.
 */
enum status all_namespaces_read(struct namespaces *found, struct listing *all,
				struct namespaces *excepted, bool users_matter,
				struct scan_losses *losses, enum status *missing);

/*
 * The limits of these namespaces, as far as they were read with their segments (with_limits of
 * struct namespaces), and of the control group of a process in each. The array is for free(3),
 * and has space for one more item. NULL: not enough memory, which is reported.
 */
struct limits_of *namespaces_limits(const struct namespaces *found, size_t *count);

/*
 * Reports the processes that did not answer, and those that were skipped because of one. Returns
 * STATUS_DONE if there are none.
 */
enum status report_lost(const struct namespaces *found);

/* Warns if there were too many open files or mounts to examine them all. */
void warn_of_skipped(const struct namespaces *found);

/* Reports that a namespace could not be entered. error is an errno value. */
enum status cannot_enter(const struct namespace *ns, int error);

#endif
