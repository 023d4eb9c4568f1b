/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/resident.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "shm/system/procfile.h"

enum { SIZES_MAX = 8 }; /* no machine has more than five sizes */

/* A size of huge pages, and how many such pages are in use on this machine. */
struct huge_size {
	uint64_t page; /* bytes */
	uint64_t used;
};

struct huge_sizes {
	struct huge_size items[SIZES_MAX];
	size_t count;
	uint64_t shmem; /* bytes in tmpfs on this machine, such as segments of small pages */
};

/* Whether the kernel has the error, which came with Linux 6.7; no release has fixed it yet. */
static bool kernel_counts_twice(void)
{
	struct utsname name;
	unsigned long major;
	unsigned long minor;
	char *end;

	if (uname(&name) < 0)
		return false; /* GCOVR_EXCL_LINE: rarely: uname(2) does not fail */
	major = strtoul(name.release, &end, 10);
	minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return major > 6 || (major == 6 && minor >= 7);
}

static void read_size(struct huge_sizes *sizes, uint64_t kilobytes)
{
	struct huge_size *size = &sizes->items[sizes->count];
	uint64_t all = huge_page_count(kilobytes * 1024, "nr_hugepages");
	uint64_t unused = huge_page_count(kilobytes * 1024, "free_hugepages");

	*size = (struct huge_size){ kilobytes * 1024, all > unused ? all - unused : 0 };
	sizes->count++;
}

/* Reads the sizes of huge pages; without /sys, none is known. */
static struct huge_sizes read_sizes(void)
{
	static const char prefix[] = "hugepages-"; /* followed by "2048kB", say */
	struct huge_sizes sizes = { .shmem = UINT64_MAX };
	struct dirent *entry;
	DIR *directory;
	uint64_t kilobytes;

	if (file_number("/proc/meminfo", "Shmem", &kilobytes) == 0)
		sizes.shmem = kilobytes * 1024;
	/* most machines have none: there no user can lock the directory (shmtool-security(7)) */
	if (file_number("/proc/meminfo", "Hugetlb", &kilobytes) == 0 && kilobytes == 0)
		return sizes;
	directory = opendir("/sys/kernel/mm/hugepages");
	while (directory && sizes.count < SIZES_MAX && (entry = readdir(directory))) {
		if (strncmp(entry->d_name, prefix, sizeof(prefix) - 1) == 0)
			read_size(&sizes, strtoull(entry->d_name + sizeof(prefix) - 1, NULL, 10));
	}
	if (directory)
		closedir(directory);
	return sizes;
}

/* Whether this many bytes can be resident in a segment of pages of this size. */
static bool is_possible(uint64_t resident, uint64_t size, uint64_t page)
{
	uint64_t pages = size / page + (size % page != 0);

	return resident % page == 0 && resident / page <= pages;
}

static void correct(struct segment *segment, const struct huge_sizes *sizes, uint64_t small)
{
	const uint64_t listed = segment->rss;
	bool as_small = is_possible(listed, segment->size, small);
	unsigned int as_huge = 0;

	/* what cannot be small pages is huge, even if these were freed after the list was read */
	for (size_t i = 0; i < sizes->count; i++) {
		uint64_t page = sizes->items[i].page;
		uint64_t real = listed / (page / small);

		if (listed % (page / small) || !is_possible(real, segment->size, page) ||
		    (as_small && real / page > sizes->items[i].used))
			continue; /* GCOVR_EXCL_LINE: rarely: other sizes of huge pages */
		segment->rss = real;
		as_huge++;
	}
	as_small &= !as_huge || listed <= sizes->shmem;
	segment->memory_known = as_small + as_huge == 1;
	/* of two figures, that of small pages: without permission, no user has others */
	if (as_small)
		segment->rss = listed;
	else if (!segment->memory_known)
		segment->rss = 0;
}

void resident_correct(struct segment *segments, size_t count)
{
	/* a wrong figure is a multiple of this: the smallest huge pages have 64 KiB (Arm) */
	const uint64_t unit = UINT64_C(1) << 20;
	const uint64_t small = (uint64_t)sysconf(_SC_PAGESIZE);
	struct huge_sizes sizes = { 0 };
	bool begun = false;

	for (size_t i = 0; i < count; i++) {
		struct segment *segment = &segments[i];

		if (!segment->memory_known || segment->rss == 0 || segment->rss % unit)
			continue;
		if (!begun && !kernel_counts_twice())
			return; /* GCOVR_EXCL_LINE: rarely: kernels before 6.7 */
		if (!begun)
			sizes = read_sizes();
		begun = true;
		correct(segment, &sizes, small);
	}
}
