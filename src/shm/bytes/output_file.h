/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output_file: output files that are there whole or not at all. A regular file,
 * or one that is not there yet, is written beside and renamed into place; of
 * a symlink, its target. Anything else (a device, a fifo) is written as it is.
 */
#ifndef SHM_BYTES_OUTPUT_FILE_H
#define SHM_BYTES_OUTPUT_FILE_H

#include <stdbool.h>

struct output_file {
	int fd;          /* to be written */
	bool replaces;   /* it is written beside */
	char *target;    /* what is replaced, symlinks resolved */
	char *temporary; /* the name it has meanwhile; NULL: none yet (O_TMPFILE) */
};

/* Opens it, mode 0600 when it is new. Returns 0 or an errno value. */
int output_file_open(struct output_file *outfile, const char *path);

/* Puts it in place. Returns 0 or an errno value; it is closed in any case. */
int output_file_commit(struct output_file *outfile);

/* Gives up: what was there before stays as it was. */
void output_file_abandon(struct output_file *outfile);

#endif
