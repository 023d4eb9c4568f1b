/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ls_follow: ls --follow prints a line for every change of a segment. */
#ifndef VERBS_LS_FOLLOW_H
#define VERBS_LS_FOLLOW_H

#include "verbs/ls_options.h"

/*
 * Writes to stdout until a signal ends the program, or until stdout is a pipe without
 * reader. Returns only if it cannot continue.
 */
enum status follow_segments(const struct ls_options *options);

#endif
