/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input: what create and write put into a segment: -f FILE, or stdin. */
#ifndef VERBS_COMMON_INPUT_H
#define VERBS_COMMON_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "text/error.h"

struct input {
	const char *name; /* for messages */
	int fd;           /* -1: there is none */
	bool is_stream;   /* its size is not known */
	bool exclusive;   /* no other process uses it: see copy.h */
	uint64_t size;    /* bytes still to be read */
};

/*
 * Opens it ("-" is stdin), without waiting for a FIFO's writer, and finds out
 * how large it is. Reports what is wrong.
 */
enum status input_open(struct input *input, const char *file);

void input_close(struct input *input);

/*
 * Reads a stream whole, so that its size is known. More than limit bytes are
 * EFBIG; with first_only they stay where they are. EFBIG also when it is more than
 * half of the memory that is available (spool.h). 0 or an errno value.
 */
int input_spool(struct input *input, uint64_t limit, bool first_only);

/* Whether there is anything left in it; waits for that. 0 or an errno value. */
int input_has_more(const struct input *input, bool *more);

/* How many bytes of memory its data needs: holes need none. Of a stream, 0. */
uint64_t input_memory(const struct input *input);

#endif
