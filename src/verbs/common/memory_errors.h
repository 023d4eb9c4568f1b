/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory_errors: giving a segment so much memory that the kernel may kill whoever
 * does it. It is asked for before where that can be told, and done by a child
 * (shm/worker.h), so that somebody is left to say what became of it.
 */
#ifndef VERBS_COMMON_MEMORY_ERRORS_H
#define VERBS_COMMON_MEMORY_ERRORS_H

#include <stdint.h>

#include "shm/bytes/memory.h"
#include "text/error.h"

/* Refuses what our control group would be killed for. what: "load FILE". */
enum status loading_allowed(const char *what, uint64_t bytes);

/*
 * From here on, memory that a segment cannot be given ends us in good order, see
 * fail_on_bus_error(). what: "write"; done: the bytes written so far, or NULL.
 */
void loading_may_fail(const char *what, const struct segment *segment, const struct memory *memory,
		      const uint64_t *done);

/* Says the same of a call that failed with EFAULT for it. Returns the status. */
enum status loading_ran_out(const char *what, const struct segment *segment,
			    const struct memory *memory);

/*
 * Says what an error of worker_run(), and the signal that came with it, mean;
 * rest tells what is there now. Returns the status.
 */
enum status loading_failed(const char *what, int error, int signal, const char *rest);

#endif
