/* SPDX-License-Identifier: GPL-2.0-or-later */
/* origin: reads where processes come from: start time, command line and unit. */
#ifndef SHM_PROCESS_ORIGIN_H
#define SHM_PROCESS_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "shm/process/scan.h"
#include "shm/process/unit.h"

/* At most this much of a command line is read, in bytes, with the terminating zero byte. */
enum { COMMAND_LINE_SIZE = 4096 };

struct origin {
	int64_t start;            /* in milliseconds since boot */
	const char *unit;         /* see unit.h; "": none, or not known */
	const char *command_line; /* arguments, separated by spaces; "": none, or not known */
};

/*
 * Reads the origins of these processes; without details, only the start. The data of a process
 * always belong together, even if its pid is reused in the meantime. Calls found() for each
 * process that could be read; the texts are valid only during the call. An errno value that
 * found() returns ends the reading. losses: see scan.h.
 */
void origins_read(const pid_t *pids, size_t count, bool details,
		  int (*found)(void *context, pid_t pid, const struct origin *origin),
		  void *context, struct scan_losses *losses);

#endif
