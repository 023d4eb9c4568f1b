/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lookup: finds the segment of a SEGMENT operand, and reports errors. */
#ifndef VERBS_COMMON_LOOKUP_H
#define VERBS_COMMON_LOOKUP_H

#include "shm/segment/control.h"
#include "text/error.h"
#include "text/options.h"

/* Parses a SEGMENT operand, and reports what is wrong with it, except ref->path_error. */
enum status parse_operand(const char *word, struct segment_ref *ref);

/* Parses the operands of a command that requires exactly one SEGMENT. */
enum status read_only_segment(const struct operands *operands, struct segment_ref *ref);

/*
 * Reports that the PATH of an ftok:PROJ:PATH could not be resolved. error: see
 * parse_segment.h; nothing_done: "nothing was removed" or the like, or NULL.
 */
enum status key_path_failed(const char *word, int error, const char *nothing_done);

/* Looks up a segment, and reports nothing. Returns 0 or an errno value (control.h). */
int look_up_segment(const struct segment_ref *ref, struct segment *segment);

/* Reports an error of look_up_segment(). */
enum status lookup_failed(const struct segment_ref *ref, int error);

/* If a number is the key of a segment, but not an id, prints a hint to write key:NUMBER. */
void hint_at_key(const struct segment_ref *ref);

/* Looks up a segment, and reports if that fails. */
enum status find_segment(const struct segment_ref *ref, struct segment *segment);

/*
 * Warns if attaching the segment, or another one that got its id, has overwritten a last user that
 * is or may be running: rm --orphaned could then count that segment as orphaned. what: "reading".
 */
void warn_of_trace(const char *what, const struct segment *segment, enum trace trace);

/*
 * As warn_of_trace(), before this process detaches the segment: another process may have used
 * and detached it since.
 */
void warn_of_detach(const char *what, const struct segment *segment);

/* For a capability that does not count here, after its name. */
#define OF_OWNING_USER_NAMESPACE " in the user namespace that owns the IPC namespace"

/* Reports that permission is denied, and hints at what helps, such as this capability. */
enum status segment_denied(const char *what, const struct segment *segment, const char *capability);

/* Reports that a call on a segment failed, with a hint if one helps. */
enum status segment_failed(const char *what, const struct segment *segment, int error);

#endif
