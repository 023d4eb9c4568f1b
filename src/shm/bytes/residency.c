/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/bytes/residency.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "shm/segment/listing.h"

/* Pages per call of mincore(2): 256 MiB with 4 KiB pages. */
enum { WINDOW_PAGES = 64 * 1024 };

/* How often counting all pages is tried, if the segment changes in the meantime. */
enum { COUNT_TRIES = 3 };

struct residency {
	int id;
	unsigned char *bytes;
	uint64_t length;
	uint64_t page;
	uint64_t window; /* offset of the window that states describes */
	uint64_t known;  /* bytes that states describes */
	bool window_proved;
	bool refused; /* a sandbox refuses mincore(2) */
	bool counted; /* all windows were counted; proved is the result */
	bool proved;
	uint32_t *counts; /* resident pages of each window at that time */
	unsigned char states[WINDOW_PAGES];
};

struct residency *residency_begin(int id, unsigned char *bytes, uint64_t length)
{
	struct residency *residency = calloc(1, sizeof(*residency));

	if (!residency)
		return NULL;
	residency->id = id;
	residency->bytes = bytes;
	residency->length = length;
	residency->page = (uint64_t)sysconf(_SC_PAGESIZE);
	return residency;
}

void residency_end(struct residency *residency)
{
	if (!residency)
		return;
	free(residency->counts);
	free(residency);
}

static bool machine_has_swap(void)
{
	struct sysinfo info;

	return sysinfo(&info) < 0 || info.totalswap > 0;
}

/* Reads rss and swap of the segment from the kernel's list; false: it does not show them. */
static bool list_says(int id, struct segment *segment)
{
	return listing_look_listed(id, segment) == 0 && segment->memory_known;
}

static uint64_t window_of(const struct residency *residency, uint64_t offset)
{
	return offset / (WINDOW_PAGES * residency->page);
}

/*
 * Calls mincore(2) for the pages from first on, unless a sandbox refuses that. Returns 0 or an
 * errno value.
 */
static int ask_for(struct residency *residency, uint64_t first, uint64_t length,
		   unsigned char *states)
{
	if (residency->refused || mincore(residency->bytes + first, length, states) == 0)
		return 0;
	residency->refused = errno == ENOSYS || errno == EPERM || errno == EACCES;
	return residency->refused ? 0 : errno;
}

/* Asks for the window that contains offset. Returns 0 or an errno value. */
static int ask(struct residency *residency, uint64_t offset)
{
	uint64_t size = WINDOW_PAGES * residency->page;
	uint64_t first = window_of(residency, offset) * size;
	uint64_t length = residency->length - first < size ? residency->length - first : size;
	int error = ask_for(residency, first, length, residency->states);

	if (error)
		return error;
	if (residency->refused)
		memset(residency->states, 0, sizeof(residency->states));
	residency->window = first;
	residency->known = length;
	return 0;
}

static uint32_t count_window(const struct residency *residency)
{
	uint64_t pages = (residency->known + residency->page - 1) / residency->page;
	uint32_t count = 0;

	for (uint64_t i = 0; i < pages; i++)
		count += residency->states[i] & 1;
	return count;
}

/* Counts the resident pages of every window. Returns 0 or an errno value. */
static int count_all(struct residency *residency, uint64_t *pages)
{
	*pages = 0;
	for (uint64_t at = 0; at < residency->length; at += WINDOW_PAGES * residency->page) {
		int error = ask(residency, at);
		uint32_t count = error ? 0 : count_window(residency);

		if (error)
			return error;
		residency->counts[window_of(residency, at)] = count;
		*pages += count;
	}
	return 0;
}

/*
 * Whether no page of the segment is in swap: both before and after counting, the
 * kernel's list shows none in swap, and as many resident as mincore(2) found. A page
 * that was in swap in between would be missing from one of the counts.
 */
static bool count_proves(struct residency *residency)
{
	struct segment before;
	struct segment after;
	uint64_t pages;

	return list_says(residency->id, &before) && before.swap == 0 &&
	       !count_all(residency, &pages) && list_says(residency->id, &after) &&
	       after.swap == 0 && before.rss == after.rss && before.rss == pages * residency->page;
}

static void prove(struct residency *residency)
{
	uint64_t windows = window_of(residency, residency->length - 1) + 1;

	residency->counted = true;
	residency->counts = calloc(windows, sizeof(*residency->counts));
	for (int i = 0; i < COUNT_TRIES && residency->counts && !residency->proved; i++)
		residency->proved = count_proves(residency);
}

/* Whether no page of this window has been swapped out since all were counted. */
static bool window_is_proved(struct residency *residency)
{
	struct segment listed;

	return residency->proved &&
	       count_window(residency) >=
		       residency->counts[window_of(residency, residency->window)] &&
	       list_says(residency->id, &listed) && listed.swap == 0;
}

/* Asks about the window that contains offset, and finds out whether its holes are certain. */
static int ask_and_prove(struct residency *residency, uint64_t offset)
{
	bool had_swap = machine_has_swap();
	uint64_t pages;
	int error = 0;

	/* counting overwrites the window, so it comes first */
	if (had_swap && !residency->counted)
		prove(residency);
	error = ask(residency, offset);
	pages = error ? 0 : (residency->known + residency->page - 1) / residency->page;
	residency->window_proved =
		!error && !residency->refused &&
		(count_window(residency) == pages || (!had_swap && !machine_has_swap()) ||
		 window_is_proved(residency));
	return error;
}

int residency_look(struct residency *residency, uint64_t offset, uint64_t limit, bool *resident,
		   uint64_t *end)
{
	uint64_t page = residency->page;
	uint64_t last;
	uint64_t at;

	if (offset < residency->window || offset - residency->window >= residency->known) {
		int error = ask_and_prove(residency, offset);

		if (error)
			return error;
	}
	last = residency->window + residency->known;
	*resident = residency->states[(offset - residency->window) / page] & 1;
	for (at = offset / page * page + page; at < last && at < limit; at += page) {
		if ((residency->states[(at - residency->window) / page] & 1) != *resident)
			break;
	}
	*end = at < limit ? at : limit;
	return 0;
}

int residency_count(struct residency *residency, uint64_t offset, uint64_t end, uint64_t *resident)
{
	const uint64_t page = residency->page;
	unsigned char states[4096];

	*resident = 0;
	while (offset < end) {
		uint64_t first = offset / page * page;
		uint64_t last = first + sizeof(states) * page;
		int error;

		if (last > end)
			last = end;
		error = ask_for(residency, first, last - first, states);
		if (error || residency->refused)
			return error;
		for (uint64_t next; offset < last; offset = next) {
			next = (offset / page + 1) * page;
			if (next > last)
				next = last;
			if (states[(offset - first) / page] & 1)
				*resident += next - offset;
		}
	}
	return 0;
}

bool residency_proves_holes(struct residency *residency)
{
	return residency->window_proved;
}

bool residency_is_refused(const struct residency *residency)
{
	return residency->refused;
}
