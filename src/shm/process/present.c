/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/present.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "shm/system/clock.h"

/* Time limit for all mappings together, in milliseconds: less than a scan waits for one process. */
enum { TIME_LIMIT = 300 };

/* Entries of pagemap that are read at once, which is 32 MiB with 4 KiB pages. */
enum { WINDOW = 8192 };

struct search {
	struct holder **holders;
	size_t count;
	int64_t deadline;
};

/* What a worker sends about a mapping. */
struct answer {
	size_t index;
	uint64_t present;
};

/* Counts the pages of a mapping that are present. Returns 0 or an errno value. */
static int count_pages(int fd, const struct mapping *mapping, uint64_t page, int64_t deadline,
		       uint64_t *pages)
{
	static uint64_t entries[WINDOW];
	uint64_t at = mapping->start / page;
	const uint64_t end = mapping->end / page;

	*pages = 0;
	while (at < end) {
		size_t wanted = end - at < WINDOW ? (size_t)(end - at) : WINDOW;
		ssize_t got = pread(fd, entries, wanted * sizeof(entries[0]),
				    (off_t)(at * sizeof(entries[0])));

		if (got < (ssize_t)sizeof(entries[0]))
			return got < 0 ? errno : ESRCH; /* GCOVR_EXCL_LINE: rarely: it exits now */
		for (size_t i = 0; i < (size_t)got / sizeof(entries[0]); i++)
			*pages += entries[i] >> 63; /* the page is present */
		at += (uint64_t)got / sizeof(entries[0]);
		if (monotonic_ms() > deadline)
			return ETIMEDOUT;
	}
	return 0;
}

/* In a worker */
static int look(const struct worker *worker, void *context, pid_t pid, int process)
{
	const struct search *search = context;
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	char path[64];
	int fd = -1;

	(void)process;
	for (size_t i = mappings_first_of(search->holders, search->count, pid);
	     i < search->count && search->holders[i]->pid == pid; i++) {
		const struct holder *holder = search->holders[i];
		struct answer answer = { .index = i };

		if (monotonic_ms() > search->deadline)
			break;
		snprintf(path, sizeof(path), "/proc/%d/pagemap", holder->task);
		if (fd < 0)
			fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return errno;
		if (count_pages(fd, &holder->mapping, page, search->deadline, &answer.present))
			continue; /* GCOVR_EXCL_LINE: rarely: as in count_pages() */
		answer.present *= page;
		worker_send(worker, &answer, sizeof(answer), -1);
	}
	if (fd >= 0)
		close(fd);
	return 0;
}

static int take(void *context, pid_t pid, const void *message, size_t size, int fd)
{
	const struct search *search = context;
	const struct answer *answer = message;

	(void)fd;
	if (size != sizeof(*answer) || answer->index >= search->count ||
	    search->holders[answer->index]->pid != pid)
		return EBADMSG;
	search->holders[answer->index]->present = answer->present;
	return 0;
}

void present_read(struct holder **holders, size_t count, struct scan_losses *losses)
{
	struct search search = { holders, count, deadline_after(TIME_LIMIT) };
	struct scan scan = { .look = look, .take = take, .context = &search, .losses = losses };

	mappings_scan(holders, count, &scan);
}
