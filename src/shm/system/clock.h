/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock: a clock that only goes forward, for waits. */
#ifndef SHM_SYSTEM_CLOCK_H
#define SHM_SYSTEM_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC (clock_gettime(2)). */
int64_t monotonic_ms(void);

/* When a timeout of so many milliseconds is over; -1 (never) for a negative one. */
int64_t deadline_after(int64_t timeout);

/* Milliseconds until the deadline, 0 when it is over; -1 (for ever) for a negative one. */
int64_t time_left(int64_t deadline);

#endif
