/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * namespaces: -N, one IPC namespace, and -A, the segments of all. Reports its
 * own errors.
 */
#ifndef VERBS_COMMON_NAMESPACES_H
#define VERBS_COMMON_NAMESPACES_H

#include "shm/process/namespaces.h"
#include "shm/segment/listing.h"
#include "text/filter.h"
#include "text/limits_text.h"
#include "text/options.h"

/*
 * Opens what PID|PATH|NS names, see namespace_open_of() and
 * namespaces_open_number(): 0 or an errno value.
 */
int namespace_open_named(const char *word, struct namespace *ns);

/*
 * Enters the namespace of -N, if it was given. users_matter: users were named,
 * and fails where they would be those of another user namespace. To be called
 * when all else has been checked.
 */
enum status enter_namespace(struct operands *operands, bool users_matter);

/* What is wrong with -A beside the rest of the command line, or NULL; allowed: the verb takes it. */
const char *all_namespaces_check(const struct filter *filter, const struct operands *operands,
				 bool allowed);

/*
 * Finds the namespaces, but for those excepted, and reads the segments of all.
 * One that cannot be entered is reported, and *missing is its status, *missing_at
 * how many segments stand before; the others are read. Returns another status
 * than STATUS_DONE when nothing can be had at all. users_matter: as above;
 * losses: see scan.h; missing: NULL where that was reported before.
 */
enum status all_namespaces_read(struct namespaces *found, struct listing *all,
				const struct filter *filter, bool users_matter,
				struct scan_losses *losses, enum status *missing,
				size_t *missing_at);

/*
 * The limits of each of these, for free(), as far as they can be read, and those
 * of the control group of a process in it. There is room for one more. Returns the
 * status of the first that cannot be read, which is reported.
 */
enum status namespaces_limits(struct namespaces *found, struct limits_of **limits, size_t *count);

/* The same of all namespaces, but for those excepted; found are these, for namespaces_free(). */
enum status all_namespaces_limits(struct namespaces *found, const struct filter *filter,
				  struct limits_of **limits, size_t *count);

/* Reports that a namespace could not be entered: an errno value. */
enum status cannot_enter(const struct namespace *ns, int error);

#endif
