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
#include "text/units.h"

/* Says who has the key. */
static enum status say_exists(key_t key)
{
	struct segment segment;
	struct names names = { 0 };
	char size[UNIT_TEXT_SIZE];
	int id;

	if (segment_by_key(key, &id) || segment_look(id, &segment))
		return fail(STATUS_EXISTS,
			    "cannot create a segment with the key 0x%08x: "
			    "it exists already",
			    (unsigned int)key);
	size_text(size, segment.size);
	fail(STATUS_EXISTS,
	     "cannot create a segment with the key 0x%08x: it exists already: id %d, size %s, "
	     "owner %s",
	     (unsigned int)key, id, size, name_of_user(&names, segment.uid));
	names_free(&names);
	hint("--reuse opens it; -k auto takes a key that is not in use");
	return STATUS_EXISTS;
}

/* Says which of the limits ENOSPC was about. */
static enum status say_limit(uint64_t size)
{
	struct limits limits;
	uint64_t pages;

	if (limits_read(&limits))
		return fail(STATUS_EXHAUSTED,
			    "cannot create the segment: a kernel limit is reached");
	pages = size / limits.page + (size % limits.page != 0);
	if (limits.segments >= limits.shmmni) {
		fail(STATUS_EXHAUSTED,
		     "cannot create the segment: kernel.shmmni allows %" PRIu64
		     " segments, and %" PRIu64 " are there",
		     limits.shmmni, limits.segments);
		hint("\"shmtool ls --orphaned\" shows what is leaked; or raise it with sysctl");
		return STATUS_EXHAUSTED;
	}
	fail(STATUS_EXHAUSTED,
	     "cannot create the segment: kernel.shmall allows %" PRIu64 " pages, %" PRIu64
	     " are in use, and this takes %" PRIu64 " more",
	     limits.shmall, limits.pages, pages);
	hint("\"shmtool ls --sort -size\" shows the largest; or raise it with sysctl");
	return STATUS_EXHAUSTED;
}

static enum status say_no_huge_pages(const struct wanted *wanted)
{
	uint64_t page = wanted->huge_size;
	char size[UNIT_TEXT_SIZE];
	char page_text[UNIT_TEXT_SIZE];
	char there[128] = "";

	if (!page && file_number("/proc/meminfo", "Hugepagesize", &page) == 0)
		page *= 1024;
	size_text(size, wanted->size);
	size_text(page_text, page);
	if (page) /* else there is no /proc to tell */
		snprintf(there, sizeof(there),
			 ": there are %" PRIu64 " of %s, and %" PRIu64 " are free",
			 huge_page_count(page, "nr_hugepages"), page_text,
			 huge_page_count(page, "free_hugepages"));
	fail(STATUS_EXHAUSTED, "cannot create the segment: not enough huge pages for %s%s", size,
	     there);
	if (wanted->huge_size)
		hint("raise /sys/kernel/mm/hugepages/hugepages-%" PRIu64
		     "kB/nr_hugepages, or leave out --huge-size",
		     page / 1024);
	else
		hint("raise vm.nr_hugepages, or leave out --huge");
	return STATUS_EXHAUSTED;
}

static enum status say_no_memory(const struct wanted *wanted)
{
	uint64_t available = 0;
	char size[UNIT_TEXT_SIZE];
	char rest[UNIT_TEXT_SIZE];
	char there[UNIT_TEXT_SIZE + 32] = "";

	if (wanted->huge)
		return say_no_huge_pages(wanted);
	size_text(size, wanted->size);
	if (file_number("/proc/meminfo", "MemAvailable", &available) == 0) {
		size_text(rest, available * 1024);
		snprintf(there, sizeof(there), ": %s are available", rest);
	}
	fail(STATUS_EXHAUSTED, "cannot create the segment: not enough memory for %s%s", size,
	     there);
	hint("--no-reserve makes one that takes memory only as it is touched");
	return STATUS_EXHAUSTED;
}

static enum status say_bad_size(const struct wanted *wanted)
{
	struct limits limits;
	struct segment segment;
	uint64_t size = wanted->size;
	int id;

	if (wanted->reuse && segment_by_key(wanted->key, &id) == 0 &&
	    segment_look(id, &segment) == 0 && segment.size < size)
		return fail(STATUS_EXISTS,
			    "cannot reuse %s: it has %" PRIu64 " bytes, and %" PRIu64 " are wanted",
			    SEGMENT_LABEL(&segment), segment.size, size);
	if (limits_read(&limits) == 0 && (size > limits.shmmax || size < limits.shmmin)) {
		fail(STATUS_EXHAUSTED,
		     "cannot create the segment: its size of %" PRIu64
		     " is outside kernel.shmmin..shmmax, %" PRIu64 "..%" PRIu64,
		     size, limits.shmmin, limits.shmmax);
		hint("raise kernel.shmmax with sysctl");
		return STATUS_EXHAUSTED;
	}
	if (wanted->huge)
		return fail(STATUS_FAILED, "cannot create the segment: this machine has no huge "
					   "pages of that size");
	return fail(STATUS_EXHAUSTED,
		    "cannot create the segment: %" PRIu64
		    " bytes are more than the kernel can make",
		    size);
}

enum status say_refused(const struct wanted *wanted, int error)
{
	switch (error) {
	case EEXIST:
		return say_exists(wanted->key);
	case ENOSPC:
		return say_limit(wanted->size);
	case ENOMEM:
		return say_no_memory(wanted);
	case EINVAL:
		return say_bad_size(wanted);
	case ENOENT:
		return fail(STATUS_MISSING, "no segment has the key 0x%08x",
			    (unsigned int)wanted->key);
	case EACCES:
	case EPERM:
		fail(STATUS_DENIED, "cannot create the segment: permission denied");
		if (wanted->huge)
			hint("huge pages are for root, and for the group of vm.hugetlb_shm_group");
		return STATUS_DENIED;
	default:
		return fail(status_of_segment(error), "cannot create the segment: %s",
			    reason_of_segment(error));
	}
}
