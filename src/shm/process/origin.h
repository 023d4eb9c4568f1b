/* SPDX-License-Identifier: GPL-2.0-or-later */
/* origin: where processes come from: when each started, its command line and its unit. */
#ifndef SHM_PROCESS_ORIGIN_H
#define SHM_PROCESS_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "shm/process/scan.h"
#include "shm/process/unit.h"

/* As much of a command line is read, in bytes with the zero byte at its end. */
enum { COMMAND_LINE_SIZE = 4096 };

struct origin {
	int64_t start;            /* ms since boot */
	const char *unit;         /* "": none, or not known; see unit.h */
	const char *command_line; /* arguments with a space between; "": none, or not known */
};

/*
 * Reads the origins of these processes, each in one pass over its files, so that all is of one
 * process; without details, only the start. Calls found for each that could be read, whose
 * texts are valid only then; what that returns, an errno value, ends the reading. losses: see
 * scan.h.
 */
void origins_read(const pid_t *pids, size_t count, bool details,
		  int (*found)(void *context, pid_t pid, const struct origin *origin),
		  void *context, struct scan_losses *losses);

#endif
