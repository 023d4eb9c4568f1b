/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create_segment: creates a segment and its guard, and undoes that. Reports errors. */
#ifndef VERBS_CREATE_SEGMENT_H
#define VERBS_CREATE_SEGMENT_H

#include "verbs/create_options.h"

/* Finds the existing segment with this key, for --reuse. Returns 0 or an errno value. */
int open_existing(struct creation *creation, key_t key);

/* Creates and loads a new segment, and sets its owner and mode. */
enum status create_new(struct creation *creation);

/* The parts of a creation. */
enum { CREATED_SEGMENT = 1, CREATED_GUARD = 2 };

/* Removes the segment and the guard, as far as they were created. Returns what is left of them. */
int undo_creation(const struct creation *creation);

/* Which of them exist, or may exist, since this process may not look. */
int created_parts(const struct creation *creation);

#endif
