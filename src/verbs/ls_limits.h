/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ls_limits: ls -l, -u and --warn, what the kernel allows and what is in use. */
#ifndef VERBS_LS_LIMITS_H
#define VERBS_LS_LIMITS_H

#include "shm/segment/limits.h"
#include "verbs/ls_options.h"

/*
 * The limits of the current IPC namespace, and the one of a control group: the
 * program's own, or with -N, that of the process whose namespace file ns_path is.
 * Reports why they cannot be read.
 */
enum status read_limits(struct limits *limits, const char *ns_path);

/* Prints them as the options say, with -A of each namespace. STATUS_NO: --warn, and one is exceeded. */
enum status print_limits_of_system(struct output *output, const struct ls_options *options);

#endif
