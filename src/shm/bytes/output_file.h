/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output_file: output files that are there whole or not at all. A regular file,
 * or one that does not exist yet, is written under another name in its
 * directory and renamed into place; of a symlink, its target. Anything else (a
 * device, a FIFO, a file of /proc) is written as it is. The path is looked up
 * once, as safe_open.h has it.
 */
#ifndef SHM_BYTES_OUTPUT_FILE_H
#define SHM_BYTES_OUTPUT_FILE_H

#include <stdbool.h>

#include "shm/system/safe_open.h"

struct output_file {
	int fd;                  /* to be written; -1: not open yet */
	bool replaces;           /* a file is replaced, or made */
	struct file_place place; /* of that file */
	char temporary[32];      /* the name in its directory until then; empty: none */
};

/*
 * Finds the file, and opens it if it is to be written as it is; that may wait
 * for the reader of a FIFO. Returns 0 or an error of safe_open.h.
 */
int output_file_open(struct output_file *output, const char *path);

/*
 * Makes the file that will replace it, mode 0600. From here on there is
 * something to clean up: signals should wait. Returns 0 or an errno value; then
 * it is still to be given up.
 */
int output_file_create(struct output_file *output);

/* Puts it in place. Returns 0 or an errno value; it is closed in any case. */
int output_file_commit(struct output_file *output);

/* Gives up: what was there before stays as it was. */
void output_file_abandon(struct output_file *output);

#endif
