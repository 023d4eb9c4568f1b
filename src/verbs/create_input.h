/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create_input: loads a new segment from a file. The functions report their own errors. */
#ifndef VERBS_CREATE_INPUT_H
#define VERBS_CREATE_INPUT_H

#include "verbs/create_options.h"

/* Opens the file of -f, if given, and finds out its size. */
enum status open_create_input(struct creation *creation);

/* Copies the file into the new segment. */
enum status load_segment(struct creation *creation);

#endif
