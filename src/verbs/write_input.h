/* SPDX-License-Identifier: GPL-2.0-or-later */
/* write_input: writes a file or stdin into a segment. Reports itself what is wrong. */
#ifndef VERBS_WRITE_INPUT_H
#define VERBS_WRITE_INPUT_H

#include "shm/bytes/memory.h"
#include "verbs/write_options.h"

/* Opens it. What does not fit is refused here, as far as its size is known. */
enum status open_write_input(struct writing *writing);

/* Copies it into the segment. */
enum status write_input(struct writing *writing, struct memory *memory);

#endif
