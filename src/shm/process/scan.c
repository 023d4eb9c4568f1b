/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/scan.h"

#include <dirent.h>
#include <errno.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shm/process/probe.h"
#include "shm/process/process.h"

/* Inode of the first pid namespace (PROC_PID_INIT_INO in linux/proc_ns.h): it sees all others. */
static const ino_t first_pid_namespace = 0xeffffffcU;

static uint64_t namespace_of(const char *process, const char *kind)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%s/ns/%s", process, kind);
	return stat(path, &status) < 0 ? 0 : status.st_ino;
}

/* One scan. */
struct scan {
	struct holders *holders;
	struct probe probe;
	struct maps maps;
	struct holder holder; /* what the next mapping is filed under */
	int only;             /* the id that is wanted; -1: all */
	/* by kcmp(2)'s order of address spaces; none where it cannot tell */
	pid_t *spaces;
	size_t space_count;
	size_t space_capacity;
	bool can_compare;
};

static int add_mapping(void *context, const struct mapping *mapping)
{
	struct scan *scan = context;
	struct holders *holders = scan->holders;

	if (mapping->inode > INT32_MAX || (scan->only >= 0 && (int)mapping->inode != scan->only))
		return 0;
	if (holders->count == holders->capacity) {
		size_t capacity = holders->capacity ? holders->capacity * 2 : 64;
		struct holder *items = reallocarray(holders->items, capacity, sizeof(*items));

		if (!items)
			return ENOMEM;
		holders->items = items;
		holders->capacity = capacity;
	}
	scan->holder.mapping = *mapping;
	holders->items[holders->count++] = scan->holder;
	return 0;
}

/*
 * Remembers the address space of this task; false: it was there already.
 * Where the kernel does not say, none is taken for another.
 */
static bool is_new_space(struct scan *scan, pid_t task)
{
	size_t low = 0;
	size_t high = scan->space_count;

	while (scan->can_compare && low < high) {
		size_t middle = low + (high - low) / 2;
		/* 1: before, 2: behind, as it sorts them */
		long order = syscall(SYS_kcmp, task, scan->spaces[middle], KCMP_VM, 0, 0);

		if (order == 0)
			return false;
		if (order == 1)
			high = middle;
		else if (order == 2)
			low = middle + 1;
		else
			return true;
	}
	if (scan->space_count == scan->space_capacity) {
		size_t capacity = scan->space_capacity ? scan->space_capacity * 2 : 64;
		pid_t *spaces = reallocarray(scan->spaces, capacity, sizeof(*spaces));

		if (!spaces)
			return true;
		scan->spaces = spaces;
		scan->space_capacity = capacity;
	}
	memmove(&scan->spaces[low + 1], &scan->spaces[low],
		(scan->space_count - low) * sizeof(*scan->spaces));
	scan->spaces[low] = task;
	scan->space_count++;
	return true;
}

/* Reads what this process holds, through one of its threads. ESRCH: this one has no memory. */
static int read_task(struct scan *scan, pid_t pid, pid_t task)
{
	struct holders *holders = scan->holders;
	size_t first = holders->count;
	char name[16];
	int error;

	scan->holder = (struct holder){ .pid = pid, .task = task };
	error = maps_read(&scan->maps, task, add_mapping, scan);
	if (holders->count == first)
		return error;
	if (!is_new_space(scan, task)) {
		holders->count = first;
		return error;
	}
	snprintf(name, sizeof(name), "%d", task);
	for (size_t i = first; i < holders->count; i++)
		holders->items[i].ns =
			i == first ? namespace_of(name, "ipc") : holders->items[first].ns;
	return error;
}

/* The number that a directory of /proc has as its name; 0: it is another file. */
static pid_t task_of(const struct dirent *entry)
{
	const char *name = entry->d_name;

	if (name[strspn(name, "0123456789")] != '\0')
		return 0;
	return (pid_t)strtol(name, NULL, 10);
}

/*
 * Of a process whose first thread has exited, any other one shows the memory.
 * A kernel thread, or a zombie, has no other.
 */
static int read_other_threads(struct scan *scan, pid_t pid)
{
	const struct dirent *entry;
	struct stat status;
	char path[64];
	int error = ESRCH;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	/* two links, and one for each thread */
	if (stat(path, &status) < 0 || status.st_nlink <= 3)
		return ESRCH;
	threads = opendir(path);
	if (!threads)
		return errno == ENOMEM ? ENOMEM : ESRCH;
	while (error == ESRCH && (entry = readdir(threads))) {
		pid_t task = task_of(entry);

		if (task > 0 && task != pid)
			error = read_task(scan, pid, task);
	}
	closedir(threads);
	return error;
}

static int read_process(struct scan *scan, pid_t pid)
{
	int error = probe_returns(&scan->probe, pid) ? read_task(scan, pid, pid) : EACCES;

	if (error == ESRCH)
		error = read_other_threads(scan, pid);
	switch (error) {
	case ESRCH: /* it has ended, or is a kernel thread */
		return 0;
	case EACCES:
	case EPERM:
		scan->holders->denied++;
		return 0;
	default:
		return error;
	}
}

/* The next processes of /proc, PROBE_AHEAD at most. */
static size_t next_processes(DIR *processes, pid_t pids[PROBE_AHEAD])
{
	const struct dirent *entry;
	size_t count = 0;

	while (count < PROBE_AHEAD && (entry = readdir(processes))) {
		pids[count] = task_of(entry);
		count += pids[count] > 0;
	}
	return count;
}

static int read_processes(struct scan *scan)
{
	DIR *processes = opendir("/proc");
	pid_t pids[PROBE_AHEAD];
	bool mounted = false;
	size_t count;
	int error = 0;

	if (!processes)
		return errno;
	while (!error && (count = next_processes(processes, pids))) {
		mounted = true;
		probe_start(&scan->probe, pids, count);
		for (size_t i = 0; i < count && !error; i++)
			error = read_process(scan, pids[i]);
	}
	closedir(processes);
	return mounted ? error : ENOENT; /* it shows at least ourselves */
}

static int compare_holders(const void *left, const void *right)
{
	const struct holder *a = left;
	const struct holder *b = right;

	if (a->mapping.inode != b->mapping.inode)
		return a->mapping.inode < b->mapping.inode ? -1 : 1;
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return (a->mapping.start > b->mapping.start) - (a->mapping.start < b->mapping.start);
}

int scan_processes(struct holders *holders, int only)
{
	struct scan scan = { .holders = holders, .only = only, .can_compare = proc_is_ours() };
	int error;

	*holders = (struct holders){
		.ns = namespace_of("self", "ipc"),
		.all_processes =
			scan.can_compare && namespace_of("self", "pid") == first_pid_namespace,
	};
	error = maps_begin(&scan.maps);
	if (!error)
		error = read_processes(&scan);
	probe_end(&scan.probe);
	maps_end(&scan.maps);
	free(scan.spaces);
	if (error)
		holders_free(holders);
	if (holders->count)
		qsort(holders->items, holders->count, sizeof(*holders->items), compare_holders);
	return error;
}
