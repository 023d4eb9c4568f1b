/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory_errors: how create, write and read report that there is not enough memory for a
 * segment, or for a copy of it in a tmpfs.
 * The kernel then kills the process that touches the segment. So the control group's limit
 * is checked in advance if possible, and a child process (shm/process/child.h) does the
 * work, so that its parent can report.
 */
#ifndef VERBS_COMMON_MEMORY_ERRORS_H
#define VERBS_COMMON_MEMORY_ERRORS_H

#include <stdint.h>

#include "shm/bytes/memory.h"
#include "text/error.h"

/* Reports and fails if bytes is more than this control group has left. what: "load FILE". */
enum status check_memory_left(const char *what, uint64_t bytes);

/*
 * From here on, touching a page of the segment for which there is no memory ends the program
 * with a message (fail_on_bus_error()). what: "write"; done: the bytes written so far, or
 * NULL.
 */
void report_bus_errors(const char *what, const struct segment *segment, const struct memory *memory,
		       const uint64_t *done);

/* Reports that there is no memory, after a system call failed with EFAULT. Returns the status. */
enum status report_bad_memory(const char *what, const struct segment *segment,
			      const struct memory *memory);

/*
 * Reports an error of child_run(), and the signal that ended the child. rest describes what
 * the result is then, for the message. Returns the status.
 */
enum status report_lost_child(const char *what, int error, int signal, const char *rest);

/*
 * Reports that RLIMIT_MEMLOCK does not allow to lock a segment of this size. what is
 * "the new segment", or its label. Returns the status.
 */
enum status report_lock_limit(const char *what, uint64_t size);

#endif
