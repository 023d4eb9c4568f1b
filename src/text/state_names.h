/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_names: the names of segment states. */
#ifndef TEXT_STATE_NAMES_H
#define TEXT_STATE_NAMES_H

#include "shm/segment/segment.h"

/* "orphaned", say. */
const char *state_name(enum segment_state state);

/*
 * The terminal's code (SGR) for the colour of those that stand out, or NULL.
 * Bold, so that they can be read on a dark and on a light ground.
 */
const char *state_color(enum segment_state state);

/* Adds the states of a list of names with commas to a set of bits (1 << state). */
const char *parse_states(const char *word, unsigned int *set);

#endif
