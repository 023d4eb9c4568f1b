// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: a program whose clocks stand still. FIXED_REALTIME,
 * FIXED_BOOTTIME and FIXED_MONOTONIC, in seconds, are what CLOCK_REALTIME,
 * CLOCK_BOOTTIME and CLOCK_MONOTONIC show. STEP_REALTIME: the machine's clock is
 * set forward by so many seconds after each look, and back after the next. STEP_MONOTONIC and
 * STEP_CPUTIME: at each look, CLOCK_MONOTONIC or the processor time of the process is so many
 * seconds more; CLOCK_MONOTONIC only in children of the program, since it would give up a worker
 * that takes a few looks.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static pid_t program;

__attribute__((constructor)) static void note_program(void)
{
	program = getpid();
}

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libc's names are reserved
int clock_gettime(clockid_t clock, struct timespec *now)
{
	const char *fixed = NULL;
	const char *step = NULL;

	if (clock == CLOCK_REALTIME)
		fixed = getenv("FIXED_REALTIME");
	else if (clock == CLOCK_BOOTTIME)
		fixed = getenv("FIXED_BOOTTIME");
	else if (clock == CLOCK_MONOTONIC)
		fixed = getenv("FIXED_MONOTONIC");
	else if (clock == CLOCK_PROCESS_CPUTIME_ID)
		step = getenv("STEP_CPUTIME");
	if (clock == CLOCK_MONOTONIC && getpid() != program)
		step = getenv("STEP_MONOTONIC");
	if (step) {
		static time_t used;

		used += strtoll(step, NULL, 10);
		*now = (struct timespec){ .tv_sec = used };
		return 0;
	}
	if (!fixed) {
		static unsigned int looks;
		int result = (int)syscall(SYS_clock_gettime, clock, now);

		step = clock == CLOCK_REALTIME ? getenv("STEP_REALTIME") : NULL;
		if (step && looks++ % 2)
			now->tv_sec += strtoll(step, NULL, 10);
		return result;
	}
	*now = (struct timespec){ .tv_sec = strtoll(fixed, NULL, 10) };
	return 0;
}
