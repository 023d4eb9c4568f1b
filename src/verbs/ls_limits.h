/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ls_limits: ls -l, -u and --warn: the kernel's limits and their usage. */
#ifndef VERBS_LS_LIMITS_H
#define VERBS_LS_LIMITS_H

#include "shm/segment/limits.h"
#include "verbs/ls_options.h"

/*
 * Reads the limits of the current IPC namespace, and that of a control group: the group of
 * this process, or with -N, of the process whose namespace file ns_path is. Reports errors.
 */
enum status read_limits(struct limits *limits, const char *ns_path);

/*
 * Prints the limits as the options require; with -A, those of each namespace. Returns
 * STATUS_NO if --warn has printed a limit.
 */
enum status print_limits_of_system(struct output *output, const struct ls_options *options);

#endif
