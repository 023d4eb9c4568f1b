/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lookup: one SEGMENT that was named: found, missing or denied. Says itself what is wrong. */
#ifndef VERBS_COMMON_LOOKUP_H
#define VERBS_COMMON_LOOKUP_H

#include "shm/segment/segment.h"
#include "text/error.h"
#include "text/options.h"

/* Reads a SEGMENT operand; says what is wrong with it. */
enum status parse_operand(const char *word, struct segment_ref *ref);

/* Reads a command line's only SEGMENT; says what is wrong with it. */
enum status read_only_segment(const struct operands *operands, struct segment_ref *ref);

/* Says that the PATH of an ftok:PROJ:PATH could not be resolved: an errno value. */
enum status key_path_failed(const char *word, int error);

/* Looks up one segment that was named, without a word: 0 or an errno value, see control.h. */
int look_up_segment(const struct segment_ref *ref, struct segment *segment);

/* Says that looking it up failed. */
enum status lookup_failed(const struct segment_ref *ref, int error);

/* Of a number that is no id: hints that it is a key, if it is one. */
void hint_at_key(const struct segment_ref *ref);

/* Looks up one segment that was named; says that there is none. */
enum status find_segment(const struct segment_ref *ref, struct segment *segment);

/*
 * Says that attaching it to look inside wipes out who used it last, where that
 * is a process that lives: rm --orphaned would then count it as unused.
 */
void warn_of_trace(const struct segment *segment);

/* Says that something may not be done to a segment, and what helps: this capability does. */
enum status segment_denied(const char *what, const struct segment *segment, const char *capability);

/* Says that a call on a segment failed, with a hint where one helps. */
enum status segment_failed(const char *what, const struct segment *segment, int error);

#endif
