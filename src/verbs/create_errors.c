/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/create_errors.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "shm/segment/control.h"
#include "shm/segment/limits.h"
#include "shm/system/procfile.h"
#include "text/names.h"
#include "text/remedy.h"
#include "text/units.h"

/* Reports which segment has the key. */
static enum status report_exists(key_t key)
{
	struct segment segment;
	struct names names = { 0 };
	char size[UNIT_TEXT_SIZE];
	int id;

	if (segment_by_key(key, &id) || segment_look(id, &segment))
		return fail(STATUS_EXISTS, "cannot create a segment: key 0x%08x is in use",
			    (unsigned int)key);
	size_text(size, segment.size);
	fail(STATUS_EXISTS,
	     "cannot create a segment: key 0x%08x is in use by segment %d (size %s, owner %s)",
	     (unsigned int)key, id, size, name_of_user(&names, segment.uid));
	names_free(&names);
	hint("use --reuse to get the id of that segment, or -k auto for an unused key");
	return STATUS_EXISTS;
}

/* Reports too many segments, and how to allow twice as many (or the most that is possible). */
static enum status report_too_many(const struct limits *limits)
{
	uint64_t most = most_segments();
	uint64_t more = limits->segments ? 2 * limits->segments : 1;

	fail(STATUS_EXHAUSTED,
	     "cannot create the segment: limit reached (%" PRIu64 " of %" PRIu64
	     " segments, kernel.shmmni)",
	     limits->segments, limits->shmmni);
	if (limits->segments >= most)
		hint("look for leaks with \"shmtool ls --orphaned%s\"", NAMESPACE_OPTION(NULL));
	else
		hint("look for leaks with \"shmtool ls --orphaned%s\", or raise the limit: %s",
		     NAMESPACE_OPTION(NULL), REMEDY("kernel.shmmni", more < most ? more : most));
	return STATUS_EXHAUSTED;
}

/* Reports which of the limits ENOSPC was about. */
static enum status report_limit(uint64_t size)
{
	struct limits limits;
	uint64_t pages;
	uint64_t enough;

	if (limits_read(&limits))
		return fail(STATUS_EXHAUSTED,
			    "cannot create the segment: a kernel limit is reached");
	if (limits.segments >= limits.shmmni)
		return report_too_many(&limits);
	pages = size / limits.page + (size % limits.page != 0);
	/* twice what is needed now, and never less than the present limit */
	enough = 2 * (limits.pages + pages);
	if (enough < limits.shmall)
		enough = limits.shmall; /* GCOVR_EXCL_LINE: rarely: other segments were removed */
	fail(STATUS_EXHAUSTED,
	     "cannot create the segment: limit reached (%" PRIu64 " of %" PRIu64
	     " pages in use, %" PRIu64 " more needed, kernel.shmall)",
	     limits.pages, limits.shmall, pages);
	hint("look for leaks with \"shmtool ls --orphaned%s\", or raise the limit: %s",
	     NAMESPACE_OPTION(NULL), REMEDY("kernel.shmall", enough));
	return STATUS_EXHAUSTED;
}

/* The size of the huge pages that were requested; 0: not known. */
static uint64_t huge_page(const struct creation *creation)
{
	uint64_t kilobytes = 0;

	if (creation->options->huge_size)
		return creation->options->huge_size;
	file_number("/proc/meminfo", "Hugepagesize", &kilobytes);
	return kilobytes * 1024;
}

static enum status report_no_huge_pages(const struct creation *creation)
{
	uint64_t page = huge_page(creation);
	char size[UNIT_TEXT_SIZE];
	char page_text[UNIT_TEXT_SIZE];
	uint64_t all;
	uint64_t unused;
	uint64_t needed;
	uint64_t enough;

	size_text(size, wanted_size(creation));
	if (!page) { /* without /proc */
		fail(STATUS_EXHAUSTED, "cannot create the segment: not enough huge pages for %s",
		     size);
		hint("raise vm.nr_hugepages, or do not use --huge");
		return STATUS_EXHAUSTED;
	}
	size_text(page_text, page);
	all = huge_page_count(page, "nr_hugepages");
	/* the free pages include those that are reserved */
	unused = huge_page_count(page, "free_hugepages") - huge_page_count(page, "resv_hugepages");
	needed = wanted_size(creation) / page + (wanted_size(creation) % page != 0);
	enough = all - unused + needed;
	/* what is free may be refused for another reason: never propose fewer than there are */
	if (enough <= all)
		enough = all + needed;
	fail(STATUS_EXHAUSTED,
	     "cannot create the segment: not enough %s huge pages for %s (%" PRIu64
	     " configured, %" PRIu64 " free)",
	     page_text, size, all, unused);
	if (creation->options->huge_size)
		hint("write %" PRIu64 " to /sys/kernel/mm/hugepages/hugepages-%" PRIu64
		     "kB/nr_hugepages, or do not use --huge-size",
		     enough, page / 1024);
	else
		hint("do not use --huge, or provide more: %s", REMEDY("vm.nr_hugepages", enough));
	return STATUS_EXHAUSTED;
}

/* Reports the commit limit. With vm.overcommit_memory=2 it counts even SHM_NORESERVE segments. */
static enum status report_committed(const char *size)
{
	uint64_t limit;
	uint64_t used;
	char limit_text[UNIT_TEXT_SIZE];
	char used_text[UNIT_TEXT_SIZE];

	if (file_number("/proc/meminfo", "CommitLimit", &limit) ||
	    file_number("/proc/meminfo", "Committed_AS", &used))
		/* GCOVR_EXCL_START: rarely: a sandbox without /proc, and no more is committed */
		return fail(STATUS_EXHAUSTED, "cannot create the segment: not enough memory for %s",
			    size);
	/* GCOVR_EXCL_STOP */
	size_text(limit_text, limit * 1024);
	size_text(used_text, used * 1024);
	fail(STATUS_EXHAUSTED,
	     "cannot create the segment: not enough memory for %s (%s of the CommitLimit of %s is "
	     "in use)",
	     size, used_text, limit_text);
	hint("raise vm.overcommit_ratio or add swap (with vm.overcommit_memory=2, the CommitLimit "
	     "applies)");
	return STATUS_EXHAUSTED;
}

/* On x86-64, a process cannot map this many bytes (without 5-level page tables). */
static const uint64_t ADDRESS_SPACE = UINT64_C(1) << 47;

static enum status report_no_memory(const struct creation *creation)
{
	uint64_t available = 0;
	uint64_t overcommit = 0;
	char size[UNIT_TEXT_SIZE];
	char rest[UNIT_TEXT_SIZE];
	char there[UNIT_TEXT_SIZE + 32] = "";

	if (creation->options->huge)
		return report_no_huge_pages(creation);
	size_text(size, wanted_size(creation));
	if (sysctl_read("vm/overcommit_memory", &overcommit) == 0 && overcommit == 2)
		return report_committed(size);
	if (file_number("/proc/meminfo", "MemAvailable", &available) == 0) {
		size_text(rest, available * 1024);
		snprintf(there, sizeof(there), " (%s available)", rest);
	}
	fail(STATUS_EXHAUSTED, "cannot create the segment: not enough memory for %s%s", size,
	     there);
	hint(wanted_size(creation) >= ADDRESS_SPACE
		     ? "choose a smaller size"
		     : "choose a smaller size; --no-reserve skips this check, but filling the "
		       "segment can then run out of memory");
	return STATUS_EXHAUSTED;
}

static enum status report_bad_size(const struct creation *creation, key_t key)
{
	struct limits limits;
	struct segment segment;
	uint64_t size = wanted_size(creation);
	int id;

	if (creation->options->reuse && segment_by_key(key, &id) == 0 &&
	    segment_look(id, &segment) == 0 && segment.size < size) {
		fail(STATUS_EXISTS,
		     "cannot reuse %s: its size is %" PRIu64 ", but %" PRIu64 " was requested",
		     SEGMENT_LABEL(&segment), segment.size, size);
		hint("request at most this size (-s %" PRIu64 "), or use another key",
		     segment.size);
		return STATUS_EXISTS;
	}
	if (limits_read(&limits) == 0 && size > limits.shmmax) {
		fail(STATUS_EXHAUSTED,
		     "cannot create the segment: size %" PRIu64 " exceeds kernel.shmmax (%" PRIu64
		     ")",
		     size, limits.shmmax);
		hint("raise the limit: %s", REMEDY("kernel.shmmax", size));
		return STATUS_EXHAUSTED;
	}
	if (creation->options->huge)
		return fail(STATUS_FAILED, "cannot create the segment: this machine has no huge "
					   "pages of that size");
	return fail(STATUS_EXHAUSTED,
		    "cannot create the segment: %" PRIu64 " bytes is more than the kernel supports",
		    size);
}

enum status report_refused(const struct creation *creation, key_t key, int error)
{
	switch (error) {
	case EEXIST:
		return report_exists(key);
	case ENOSPC:
		return report_limit(wanted_size(creation));
	case ENOMEM:
		return report_no_memory(creation);
	case EINVAL:
		return report_bad_size(creation, key);
	case ENOENT:
		return fail(STATUS_MISSING, "no segment has the key %s",
			    KEY_LABEL(key, creation->options->key_word));
	case EACCES:
	case EPERM:
		fail(STATUS_DENIED, "cannot create the segment: permission denied");
		if (creation->options->huge)
			hint("run as root, or as a member of the group set by vm.hugetlb_shm_group");
		return STATUS_DENIED;
	default:
		return fail(status_of_segment(error), "cannot create the segment: %s",
			    reason_of_segment(error));
	}
}
