/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create_input: what a new segment is loaded with. Reports itself what is wrong. */
#ifndef VERBS_CREATE_INPUT_H
#define VERBS_CREATE_INPUT_H

#include "verbs/create_options.h"

/* Opens what is to be loaded, if anything is, and finds out how large it is. */
enum status open_create_input(struct creation *creation);

/* Loads the new segment. */
enum status load_segment(struct creation *creation);

#endif
