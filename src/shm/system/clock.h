/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock: deadlines that do not depend on the system's time of day, which can be set. */
#ifndef SHM_SYSTEM_CLOCK_H
#define SHM_SYSTEM_CLOCK_H

#include <stdint.h>
#include <sys/types.h>

/* The time of CLOCK_MONOTONIC (clock_gettime(2)), in milliseconds. */
int64_t monotonic_ms(void);

/* The processor time that this process has used, in microseconds. */
int64_t processor_us(void);

/* The processor time that a child has used, in milliseconds; -1: not known. */
int64_t processor_ms_of(pid_t child);

/* The deadline after a timeout in milliseconds; -1 (never) for a negative timeout. */
int64_t deadline_after(int64_t timeout);

/* Milliseconds until the deadline; 0 when it has passed; -1 (forever) for a negative deadline. */
int64_t time_left(int64_t deadline);

#endif
