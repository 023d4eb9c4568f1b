/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/system/clock.h"

#include <time.h>

int64_t monotonic_ms(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t processor_us(void)
{
	struct timespec used = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

int64_t processor_ms_of(pid_t child)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(child, &clock) || clock_gettime(clock, &used) < 0)
		return -1;
	return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

int64_t deadline_after(int64_t timeout)
{
	int64_t deadline;

	if (timeout < 0)
		return -1;
	return __builtin_add_overflow(monotonic_ms(), timeout, &deadline) ? INT64_MAX : deadline;
}

int64_t time_left(int64_t deadline)
{
	int64_t left = deadline - monotonic_ms();

	if (deadline < 0)
		return -1;
	return left > 0 ? left : 0;
}
