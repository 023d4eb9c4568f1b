/* SPDX-License-Identifier: GPL-2.0-or-later */
/* write_input: writes a file or stdin into a segment. The functions report their own errors. */
#ifndef VERBS_WRITE_INPUT_H
#define VERBS_WRITE_INPUT_H

#include "shm/bytes/memory.h"
#include "verbs/write_options.h"

/* Opens the input. Fails if it does not fit, provided that its size is known. */
enum status open_write_input(struct writing *writing);

/* Copies the input into the segment. */
enum status write_input(struct writing *writing, struct memory *memory);

#endif
