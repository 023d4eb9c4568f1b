/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_names: the names of segment states. */
#ifndef TEXT_STATE_NAMES_H
#define TEXT_STATE_NAMES_H

#include "shm/segment/segment.h"

/* "orphaned", say. */
const char *state_name(enum segment_state state);

/*
 * The terminal's SGR code for the color of a state that is highlighted, or NULL. The codes
 * are bold, to be readable on a dark and on a light background.
 */
const char *state_color(enum segment_state state);

/* Adds the states in a comma-separated list to a set of bits (1 << state). */
const char *parse_states(const char *word, unsigned int *set);

#endif
