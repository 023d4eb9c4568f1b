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
	bool ours;        /* a copy that nobody else has: see copy.h */
	uint64_t size;    /* bytes still to be read */
};

/*
 * Opens it ("-" is stdin), without waiting for whoever writes it, and finds
 * out how large it is. Says what is wrong.
 */
enum status input_open(struct input *input, const char *file);

void input_close(struct input *input);

/*
 * Takes a stream in whole, so that its size is known. With some set, what is
 * behind limit bytes stays where it is; otherwise that is EFBIG, as is more than
 * our share of the memory (spool.h). 0 or an errno value.
 */
int input_take_in(struct input *input, uint64_t limit, bool some);

/* Whether there is anything left in it; waits for that. 0 or an errno value. */
int input_has_more(const struct input *input, bool *more);

/* How many bytes of memory its data takes: holes take none. Of a stream, 0. */
uint64_t input_memory(const struct input *input);

#endif
