/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input: the input of create and write: -f FILE, or stdin. */
#ifndef VERBS_COMMON_INPUT_H
#define VERBS_COMMON_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "text/error.h"

struct input {
	const char *name; /* for messages */
	int fd;           /* -1: no input */
	bool is_stream;   /* its size is not known in advance */
	bool exclusive;   /* no other process uses the file (copy.h) */
	uint64_t size;    /* bytes still to be read */
};

/*
 * Opens the file ("-": stdin) and finds out its size. Does not wait for the writer of a
 * FIFO. Reports errors.
 */
enum status input_open(struct input *input, const char *file);

void input_close(struct input *input);

/*
 * Reads a stream to its end into memory, so that its size is known. If it has more than
 * limit bytes, fails with EFBIG, or if first_only, reads only limit bytes. Also fails with
 * EFBIG if it has more than half of the available memory (spool.h). Returns 0 or an errno
 * value.
 */
int input_spool(struct input *input, uint64_t limit, bool first_only);

/* Sets *more to whether any bytes are left, and waits for them. Returns 0 or an errno value. */
int input_has_more(const struct input *input, bool *more);

/* How much memory the data of a file needs in a segment: holes need none. 0 for a stream. */
uint64_t input_memory(const struct input *input);

#endif
