/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create_segment: creates a segment and its guard, and undoes that. Reports itself what is wrong. */
#ifndef VERBS_CREATE_SEGMENT_H
#define VERBS_CREATE_SEGMENT_H

#include "verbs/create_options.h"

/* Opens the segment with the key. 0 or an errno value. */
int open_existing(struct creation *creation, key_t key);

enum status creation_failed(const struct creation *creation, key_t key, int error);

/* Creates and loads a new segment, and sets its owner and mode. */
enum status create_new(struct creation *creation);

/* Removes what was created, if anything was. */
void undo_creation(struct creation *creation);

#endif
