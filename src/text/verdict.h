/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verdict: the state of a segment in words, and the evidence for it. */
#ifndef TEXT_VERDICT_H
#define TEXT_VERDICT_H

#include "text/output.h"
#include "text/view.h"

/*
 * What is known of a process that the segment records, its creator or its last
 * user: "process 7803 (postgres), running since 2026-11-23 09:30:00 (3h ago)".
 */
void print_recorded(struct output *output, struct view *view, const struct segment *segment,
		    pid_t pid);

/* The state, and why it is so, with a newline behind: "orphaned: its creator and ..." */
void print_verdict(struct output *output, struct view *view, const struct segment *segment);

#endif
