/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verdict: prints the state of a segment, and the evidence for it. */
#ifndef TEXT_VERDICT_H
#define TEXT_VERDICT_H

#include "text/output.h"
#include "text/view.h"

/*
 * Prints what is known of the segment's creator or last user: "process 7803 (postgres),
 * running since 2026-11-23 09:30:00 (3 hours ago)", and the lines of print_origin().
 */
void print_recorded(struct output *output, struct view *view, const struct segment *segment,
		    enum role role, int indent);

/* Prints the unit and the command line of a process, as far as known, each on an indented line. */
void print_origin(struct output *output, const struct process *process, int indent);

/* Prints the state, the reasons for it ("orphaned: its creator and ..."), and a newline. */
void print_verdict(struct output *output, struct view *view, const struct segment *segment);

#endif
