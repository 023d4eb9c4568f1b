/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create_errors: reports why the kernel did not create, or open, a segment. */
#ifndef VERBS_CREATE_ERRORS_H
#define VERBS_CREATE_ERRORS_H

#include "text/error.h"
#include "verbs/create_options.h"

/*
 * Reports the cause of an errno value of shmget(2): which segment has the key, which limit
 * was reached and its usage, or how much memory is available. key: the requested one. Returns the
 * status.
 */
enum status report_refused(const struct creation *creation, key_t key, int error);

#endif
