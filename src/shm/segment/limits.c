/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/limits.h"

#include <errno.h>
#include <limits.h>
#include <sys/shm.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "shm/segment/listing.h"
#include "shm/system/cgroup.h"
#include "shm/system/procfile.h"

bool limit_is_none(uint64_t value)
{
	/* the kernel's default is ULONG_MAX minus this */
	const uint64_t below = UINT64_C(1) << 24;

	return value >= LIMIT_UNLIMITED || value - (ULONG_MAX - below) <= below;
}

static int limits_by_call(struct limits *limits)
{
	struct shminfo info = { 0 };

	if (shmctl(0, IPC_INFO, (struct shmid_ds *)&info) < 0)
		return errno;
	limits->shmmni = info.shmmni;
	limits->shmall = info.shmall;
	limits->shmmax = info.shmmax;
	return 0;
}

static int limits_by_files(struct limits *limits)
{
	int error = sysctl_read("kernel/shmmni", &limits->shmmni);

	if (!error)
		error = sysctl_read("kernel/shmall", &limits->shmall);
	return error ? error : sysctl_read("kernel/shmmax", &limits->shmmax);
}

/*
 * IPC_INFO truncates the limits to 32 bits for a 32-bit program, and SELinux may refuse
 * it: then the files are read, which is slower the more IPC namespaces exist.
 */
static int read_limits(struct limits *limits)
{
	int error;

	limits->shmmin = 1; /* a constant: SHMMIN in the kernel's shm.h */
	if (sizeof(long) < sizeof(uint64_t) && limits_by_files(limits) == 0)
		return 0;
	error = limits_by_call(limits);
	return error && limits_by_files(limits) == 0 ? 0 : error;
}

static uint64_t pages_of(uint64_t bytes, uint64_t page)
{
	return bytes / page + (bytes % page != 0);
}

/* A user can create segments whose sizes have a larger sum: it must not count as unknown. */
static const uint64_t largest_sum = LIMITS_UNKNOWN - 1;

static uint64_t bytes_of(uint64_t pages, uint64_t page)
{
	uint64_t bytes;

	return __builtin_mul_overflow(pages, page, &bytes) ? largest_sum : bytes;
}

static void add_segment(struct limits *limits, const struct segment *segment)
{
	limits->segments++;
	limits->pages += pages_of(segment->size, limits->page);
	/* any user can create one with two possible figures (resident.h) */
	if (!segment->memory_known && !segment->rss)
		limits->resident = limits->swapped = LIMITS_UNKNOWN;
	if (limits->resident == LIMITS_UNKNOWN)
		return;
	limits->resident += segment->rss / limits->page;
	limits->swapped += segment->swap / limits->page;
}

static int read_usage(struct limits *limits)
{
	struct shm_info used = { 0 };

	if (shmctl(0, SHM_INFO, (struct shmid_ds *)&used) < 0)
		return errno;
	limits->segments = (uint64_t)used.used_ids;
	limits->pages = used.shm_tot;
	limits->resident = used.shm_rss;
	limits->swapped = used.shm_swp;
	return 0;
}

int limits_read_with(struct limits *limits, const struct listing *list)
{
	int error;

	*limits = (struct limits){ .page = (uint64_t)sysconf(_SC_PAGESIZE) };
	error = read_limits(limits);
	for (size_t i = 0; list && i < list->count; i++)
		add_segment(limits, &list->items[i]);
	if (!error && !list)
		error = read_usage(limits);
	if (error)
		return error;
	limits->ram_used = limits->swap_used = LIMITS_UNKNOWN;
	if (limits->resident != LIMITS_UNKNOWN) {
		limits->ram_used = bytes_of(limits->resident, limits->page);
		limits->swap_used = bytes_of(limits->swapped, limits->page);
	}
	limits->memory_used = bytes_of(limits->pages, limits->page);
	return 0;
}

int limits_read(struct limits *limits)
{
	struct listing list = { 0 };
	struct listing_fault fault;
	/* the figures of the list are corrected (resident.h); those of SHM_INFO are not */
	const bool listed = listing_read(&list, &fault) == 0;
	int error = limits_read_with(limits, listed ? &list : NULL);

	listing_free(&list);
	return error;
}

void limits_set_cgroup(struct limits *limits, const struct cgroup_memory *group)
{
	if (group->limit == UINT64_MAX)
		return;
	limits->cgroup = group->limit;
	limits->cgroup_used = group->shmem < limits->ram_used ? group->shmem : limits->ram_used;
}

static void add(uint64_t *sum, uint64_t number)
{
	if (*sum == LIMITS_UNKNOWN || number == LIMITS_UNKNOWN)
		*sum = LIMITS_UNKNOWN;
	else if (*sum > largest_sum - number)
		*sum = largest_sum;
	else
		*sum += number;
}

void limits_add_use(struct limits *sum, const struct limits *limits)
{
	add(&sum->ram_used, limits->ram_used);
	add(&sum->swap_used, limits->swap_used);
	add(&sum->memory_used, limits->memory_used);
}

void limits_read_machine(struct limits *limits)
{
	struct sysinfo info;
	uint64_t ram;
	uint64_t swap;

	if (sysinfo(&info) == 0) {
		limits->ram = (uint64_t)info.totalram * info.mem_unit;
		limits->swap = (uint64_t)info.totalswap * info.mem_unit;
	} else if (!file_number("/proc/meminfo", "MemTotal", &ram) &&
		   !file_number("/proc/meminfo", "SwapTotal", &swap)) {
		/* a sandbox refuses sysinfo(2) */
		limits->ram = ram * 1024;
		limits->swap = swap * 1024;
	} else {
		return; /* GCOVR_EXCL_LINE: rarely: a sandbox without /proc, too */
	}
	limits->memory = limits->ram + limits->swap;
}
