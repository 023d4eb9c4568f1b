/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output_file: output files that appear complete or not at all. A new or regular
 * file is written under a temporary name in its directory, and then renamed into
 * place. For a symlink, that is done with its target. Anything else (a device, a
 * FIFO, a file of /proc) is written directly. The path is resolved once, as
 * safe_open.h describes.
 */
#ifndef SHM_BYTES_OUTPUT_FILE_H
#define SHM_BYTES_OUTPUT_FILE_H

#include <stdbool.h>

#include "shm/system/safe_open.h"

struct output_file {
	int fd;                  /* for writing; -1: not open yet */
	bool replaces;           /* the output is written as a new file and renamed */
	struct file_place place; /* where it is renamed to */
	char temporary[32];      /* its name until then; empty: it does not exist */
};

/*
 * Resolves the path, and opens the file if it is written directly, which waits for
 * a reader if it is a FIFO. Returns 0 or an error of safe_open.h.
 */
int output_file_open(struct output_file *output, const char *path);

/*
 * Creates the temporary file, mode 0600. From here on signals should be blocked
 * or remembered, since there is a file to clean up. Returns 0 or an errno value;
 * after an error output_file_abandon() must be called, too.
 */
int output_file_create(struct output_file *output);

/* Whether the output uses memory instead of disk space, since it is in a tmpfs. */
bool output_takes_memory(int fd);

/*
 * Syncs the file, renames it into place and closes it. Returns 0 or an errno value; EINTR: a signal
 * came before it was renamed.
 */
int output_file_commit(struct output_file *output);

/* Removes the temporary file. A file that existed before stays unchanged. */
void output_file_abandon(struct output_file *output);

#endif
