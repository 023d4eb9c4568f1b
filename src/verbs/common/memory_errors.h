/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory_errors: what create and write report when a segment cannot be given the
 * memory that it needs. The kernel then kills the process that touches it. So the
 * control group's limit is checked in advance where that can be done, and a child
 * (shm/process/child.h) does the work, which leaves its parent to report.
 */
#ifndef VERBS_COMMON_MEMORY_ERRORS_H
#define VERBS_COMMON_MEMORY_ERRORS_H

#include <stdint.h>

#include "shm/bytes/memory.h"
#include "text/error.h"

/* Refuses what is more than this control group has left. what: "load FILE". */
enum status check_memory_left(const char *what, uint64_t bytes);

/*
 * From here on, touching memory that a segment cannot be given ends the program
 * with a message, see fail_on_bus_error(). what: "write"; done: the bytes written
 * so far, or NULL.
 */
void report_bus_errors(const char *what, const struct segment *segment, const struct memory *memory,
		       const uint64_t *done);

/* Reports the same for a call that failed with EFAULT. Returns the status. */
enum status report_bad_memory(const char *what, const struct segment *segment,
			      const struct memory *memory);

/*
 * Reports an error of child_run() and the signal that came with it; rest says
 * what there is now. Returns the status.
 */
enum status report_lost_child(const char *what, int error, int signal, const char *rest);

#endif
