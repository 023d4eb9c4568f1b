/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/common/memory_errors.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "shm/system/cgroup.h"
#include "text/units.h"

enum status check_memory_left(const char *what, uint64_t bytes)
{
	struct cgroup_memory memory;
	char wanted[UNIT_TEXT_SIZE];
	char limit[UNIT_TEXT_SIZE];

	cgroup_memory_read("/proc/self/cgroup", &memory);
	if (bytes <= memory.left)
		return STATUS_DONE;
	size_text(wanted, bytes);
	size_text(limit, memory.limit);
	fail(STATUS_EXHAUSTED,
	     "cannot %s: it needs %s of memory, more than is left of this control group's limit "
	     "of %s",
	     what, wanted, limit);
	hint("raise the control group's memory limit, or run shmtool outside it");
	return STATUS_EXHAUSTED;
}

/* Writes to text why there is no memory. Returns what helps, or NULL. */
enum { MESSAGE_SIZE = SEGMENT_LABEL_SIZE + 128 };
static const char *describe(char text[MESSAGE_SIZE], const char *what,
			    const struct segment *segment, const struct memory *memory)
{
	const bool huge = memory_is_huge(memory);

	snprintf(text, MESSAGE_SIZE, "cannot %s %s: %s", what, SEGMENT_LABEL(segment),
		 huge ? "out of huge pages"
		      : "out of memory, or the segment was truncated (through attach --as-file)");
	return huge ? "see HugePages_Free in /proc/meminfo; raise vm.nr_hugepages" : NULL;
}

void report_bus_errors(const char *what, const struct segment *segment, const struct memory *memory,
		       const uint64_t *done)
{
	char text[MESSAGE_SIZE];
	const char *advice = describe(text, what, segment, memory);

	fail_on_bus_error(text, done, advice);
}

enum status report_bad_memory(const char *what, const struct segment *segment,
			      const struct memory *memory)
{
	char text[MESSAGE_SIZE];
	const char *advice = describe(text, what, segment, memory);

	fail(STATUS_EXHAUSTED, "%s", text);
	if (advice)
		hint("%s", advice);
	return STATUS_EXHAUSTED;
}

enum status report_lost_child(const char *what, int error, int signal, const char *rest)
{
	if (error != EOWNERDEAD)
		/* GCOVR_EXCL_START: rarely: mmap(2) fails for a page */
		return fail(STATUS_EXHAUSTED, "cannot %s: cannot start a process for it: %s", what,
			    strerror(error));
	/* GCOVR_EXCL_STOP */
	if (signal != SIGKILL)
		return fail(STATUS_FAILED,
			    "cannot %s: the worker process was killed by signal %d; %s", what,
			    signal, rest);
	fail(STATUS_EXHAUSTED, "cannot %s: the worker process was killed; %s", what, rest);
	hint("see dmesg: probably the OOM killer (machine or control group out of memory)");
	return STATUS_EXHAUSTED;
}

enum status report_lock_limit(const char *what, uint64_t size)
{
	struct rlimit limit = { 0 };
	char needed[UNIT_TEXT_SIZE];
	char allowed[UNIT_TEXT_SIZE];

	getrlimit(RLIMIT_MEMLOCK, &limit);
	size_text(needed, size);
	size_text(allowed, limit.rlim_cur);
	fail(STATUS_EXHAUSTED,
	     "cannot lock %s: exceeds RLIMIT_MEMLOCK (%s needed; limit %s for all locked memory of "
	     "a user)",
	     what, needed, allowed);
	hint("raise the limit (ulimit -l), or run as root");
	return STATUS_EXHAUSTED;
}
