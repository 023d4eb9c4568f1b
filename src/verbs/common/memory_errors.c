/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/common/memory_errors.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "shm/system/cgroup.h"
#include "text/units.h"

enum status loading_allowed(const char *what, uint64_t bytes)
{
	struct cgroup_memory memory;
	char wanted[UNIT_TEXT_SIZE];
	char limit[UNIT_TEXT_SIZE];

	cgroup_memory_read(&memory);
	if (bytes <= memory.left)
		return STATUS_DONE;
	size_text(wanted, bytes);
	size_text(limit, memory.limit);
	fail(STATUS_EXHAUSTED,
	     "cannot %s: it takes %s of memory, more than is left of the %s that our control "
	     "group may have",
	     what, wanted, limit);
	hint("raise its memory limit, or run this outside of it");
	return STATUS_EXHAUSTED;
}

/* What is wrong with memory that cannot be had, and what helps (or NULL). */
enum { RAN_OUT_SIZE = SEGMENT_LABEL_SIZE + 128 };
static const char *ran_out(char text[RAN_OUT_SIZE], const char *what, const struct segment *segment,
			   const struct memory *memory)
{
	const bool huge = memory_is_huge(memory);

	snprintf(text, RAN_OUT_SIZE, "cannot %s %s: the memory for it %s", what,
		 SEGMENT_LABEL(segment),
		 huge ? "ran out" : "ran out, or somebody cut it short (attach --as-file)");
	return huge ? "/proc/meminfo tells how many huge pages are free; raise vm.nr_hugepages"
		    : NULL;
}

void loading_may_fail(const char *what, const struct segment *segment, const struct memory *memory,
		      const uint64_t *done)
{
	char text[RAN_OUT_SIZE];
	const char *advice = ran_out(text, what, segment, memory);

	fail_on_bus_error(text, done, advice);
}

enum status loading_ran_out(const char *what, const struct segment *segment,
			    const struct memory *memory)
{
	char text[RAN_OUT_SIZE];
	const char *advice = ran_out(text, what, segment, memory);

	fail(STATUS_EXHAUSTED, "%s", text);
	if (advice)
		hint("%s", advice);
	return STATUS_EXHAUSTED;
}

enum status loading_failed(const char *what, int error, int signal, const char *rest)
{
	if (error != EOWNERDEAD)
		return fail(STATUS_EXHAUSTED, "cannot %s: cannot start a process for it: %s", what,
			    strerror(error));
	if (signal != SIGKILL)
		return fail(STATUS_FAILED,
			    "cannot %s: the process that did it was ended by signal %d; %s", what,
			    signal, rest);
	fail(STATUS_EXHAUSTED, "cannot %s: the process that did it was killed; %s", what, rest);
	hint("the kernel does so when the memory of the machine, or of our control group, runs "
	     "out: \"dmesg\" tells");
	return STATUS_EXHAUSTED;
}
