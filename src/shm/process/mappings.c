/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/mappings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shm/bytes/map_files.h"
#include "shm/process/procfs.h"
#include "shm/system/array.h"
#include "shm/system/clock.h"

/* Reading the mappings of a process takes long from this processor time on, in microseconds. */
enum { LONG = 5000 };

enum { HOLDERS_IN_MESSAGE = WORKER_MESSAGE_SIZE / sizeof(struct holder) };

/* One scan. Only the worker changes the members from "worker" on. */
struct search {
	struct mappings *mappings;
	struct maps maps;
	int only;         /* the only id to look for; -1: any */
	bool can_compare; /* kcmp(2) works: address spaces can be compared */

	/* worker */
	const struct worker *worker;
	struct spaces {
		struct space {
			pid_t task;
			uid_t uid;
		} * items; /* one task of each address space, in the order of kcmp(2) */
		size_t count;
		size_t capacity;
	} spaces;
	pid_t pid;
	pid_t task;
	uint64_t ns; /* of the task */
	int process; /* the directory in /proc */
	uid_t user;  /* of the process */
	char command[COMMAND_SIZE];
	enum { SPACE_NOT_ASKED, SPACE_NEW, SPACE_KNOWN } space;
	bool asks_first; /* whether it is known, before the mappings are read */
	struct holder batch[HOLDERS_IN_MESSAGE];
	size_t batch_count;
};

/*
 * Remembers the address space of this task. Returns false if it was known already;
 * without kcmp(2) every address space counts as new.
 */
static bool is_new_space(struct search *search, pid_t task)
{
	struct spaces *spaces = &search->spaces;
	const uid_t uid = scan_blamed(search->worker);
	size_t low = 0;
	size_t high = spaces->count;

	/* if this one is stuck in execve(2) itself, it waits here */
	if (search->can_compare && high)
		syscall(SYS_kcmp, task, getpid(), KCMP_VM, 0, 0);
	while (search->can_compare && low < high) {
		size_t middle = low + (high - low) / 2;
		const struct space *other = &spaces->items[middle];
		long order;

		/* that one may be stuck in execve(2) now */
		scan_blame(search->worker, other->uid);
		/* 1: less, 2: greater, in kcmp(2)'s order */
		order = syscall(SYS_kcmp, task, other->task, KCMP_VM, 0, 0);
		scan_blame(search->worker, uid);
		if (order == 0)
			return false;
		if (order == 1)
			high = middle;
		else if (order == 2)
			low = middle + 1;
		else if (kill(other->task, 0) < 0 && errno == ESRCH) {
			/* that task has exited: forget it */
			high--;
			spaces->count--;
			memmove(&spaces->items[middle], &spaces->items[middle + 1],
				(spaces->count - middle) * sizeof(*spaces->items));
		} else {
			return true; /* GCOVR_EXCL_LINE: rarely: it exits now */
		}
	}
	if (ARRAY_MAKE_ROOM(spaces))
		return true;
	memmove(&spaces->items[low + 1], &spaces->items[low],
		(spaces->count - low) * sizeof(*spaces->items));
	spaces->items[low] = (struct space){ task, uid };
	spaces->count++;
	return true;
}

static void send_batch(struct search *search)
{
	if (search->batch_count)
		worker_send(search->worker, search->batch,
			    search->batch_count * sizeof(search->batch[0]), -1);
	search->batch_count = 0;
}

/* Finds out what all mappings of a task share, when the first one is found. */
static void look_at_task(struct search *search)
{
	struct stat status;
	char path[64];

	search->space = is_new_space(search, search->task) ? SPACE_NEW : SPACE_KNOWN;
	snprintf(path, sizeof(path), "/proc/%d/ns/ipc", search->task);
	search->ns = namespace_inode(AT_FDCWD, path, "ipc");
	process_read_command_at(search->process, search->command);
	search->user = fstat(search->process, &status) == 0 ? status.st_uid : (uid_t)-1;
}

/* Looks at the file that is mapped, unless another one has been mapped there since. */
static void look_at_file(const struct search *search, struct holder *holder)
{
	const struct mapping *mapping = &holder->mapping;
	struct stat status;
	char path[80];

	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, search->task,
		 mapping->start, mapping->end);
	/* as stat_locally(): another file may be that of a server which does not answer */
	if (fstatat(AT_FDCWD, path, &status, AT_STATX_DONT_SYNC) < 0 ||
	    status.st_ino != mapping->inode || status.st_dev != mapping->device)
		return;
	holder->bytes = (uint64_t)status.st_size;
	holder->creator = status.st_uid;
}

static int add_mapping(void *context, const struct mapping *mapping)
{
	struct search *search = context;
	struct holder *holder;

	if (mapping->inode > INT32_MAX ||
	    (search->only >= 0 && (int)mapping->inode != search->only))
		return 0;
	if (search->space == SPACE_NOT_ASKED)
		look_at_task(search);
	if (search->space == SPACE_KNOWN)
		return ECANCELED; /* the others of this address space are known, too */
	if (search->batch_count == HOLDERS_IN_MESSAGE)
		send_batch(search);
	holder = &search->batch[search->batch_count++];
	*holder = (struct holder){
		.mapping = *mapping,
		.pid = search->pid,
		.task = search->task,
		.user = search->user,
		.ns = search->ns,
		.present = PRESENT_UNKNOWN,
	};
	snprintf(holder->command, sizeof(holder->command), "%.15s", search->command);
	if (search->mappings->can_open)
		look_at_file(search, holder);
	return 0;
}

/* Reads the mappings of the process through one of its threads. ESRCH: it has no memory. */
static int read_task(struct search *search, pid_t task)
{
	int64_t begin = processor_us();
	int error;

	search->task = task;
	search->space = SPACE_NOT_ASKED;
	if (search->asks_first) {
		look_at_task(search);
		/* for kcmp(2), all tasks without memory are alike, also a thread that has exited */
		if (search->space == SPACE_KNOWN && search->ns)
			return 0;
	}
	error = maps_read(&search->maps, task, add_mapping, search);
	/* thousands of processes can share one memory with thousands of mappings */
	if (search->space == SPACE_NOT_ASKED && processor_us() - begin > LONG) {
		look_at_task(search);
		search->asks_first = true;
	}
	return error == ECANCELED ? 0 : error;
}

/*
 * For a process whose first thread has exited, reads its memory through another
 * thread. A kernel thread or a zombie has no other.
 */
static int read_other_threads(struct search *search)
{
	const struct dirent *entry;
	struct stat status;
	char path[64];
	int error = ESRCH;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", search->pid);
	/* the directory has two links, and one for each thread */
	if (stat(path, &status) < 0 || status.st_nlink <= 3)
		return ESRCH;
	threads = opendir(path);
	if (!threads)
		return errno == ENOMEM ? ENOMEM : ESRCH; /* GCOVR_EXCL_LINE: rarely: it exits */
	while (error == ESRCH && (entry = readdir(threads))) {
		pid_t task = process_number(entry->d_name);

		if (task && task != search->pid)
			error = read_task(search, task);
	}
	closedir(threads);
	return error;
}

static int look(const struct worker *worker, void *context, pid_t pid, int process)
{
	struct search *search = context;
	int error;

	search->worker = worker;
	search->pid = pid;
	search->process = process;
	error = read_task(search, pid);
	if (error == ESRCH)
		error = read_other_threads(search);
	send_batch(search);
	return error;
}

/* Whether a message of the worker is plausible: hostile input could have damaged the worker. */
static bool is_valid(const struct search *search, const struct holder *holder, pid_t pid)
{
	const struct mapping *mapping = &holder->mapping;

	return holder->pid == pid && holder->task > 0 && mapping->inode <= INT32_MAX &&
	       (search->only < 0 || (int)mapping->inode == search->only) &&
	       mapping->start < mapping->end && mapping->access <= MAPPING_WRITE && mapping->page &&
	       !(mapping->page & (mapping->page - 1)) && !holder->identity && !holder->error &&
	       memchr(holder->command, '\0', sizeof(holder->command));
}

static int take(void *context, pid_t pid, const void *message, size_t size, int fd)
{
	const struct search *search = context;
	struct mappings *mappings = search->mappings;
	const struct holder *holders = message;

	(void)fd;
	if (size % sizeof(*holders))
		return EBADMSG;
	for (size_t i = 0; i < size / sizeof(*holders); i++) {
		int error =
			is_valid(search, &holders[i], pid) ? ARRAY_MAKE_ROOM(mappings) : EBADMSG;

		if (error)
			return error;
		mappings->items[mappings->count++] = holders[i];
	}
	return 0;
}

static int compare_holders(const void *left, const void *right)
{
	const struct holder *a = left;
	const struct holder *b = right;

	if (a->mapping.inode != b->mapping.inode)
		return a->mapping.inode < b->mapping.inode ? -1 : 1;
	if (a->ns != b->ns)
		return a->ns < b->ns ? -1 : 1;
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return (a->mapping.start > b->mapping.start) - (a->mapping.start < b->mapping.start);
}

int mappings_read(struct mappings *mappings, int only, struct scan_losses *losses)
{
	struct search search = {
		.mappings = mappings,
		.only = only,
		.can_compare = proc_is_ours(),
	};
	struct scan scan = { .look = look, .take = take, .context = &search, .losses = losses };
	int error;

	*mappings = (struct mappings){
		.can_open = map_files_allowed() == 0,
		.ns = namespace_inode(AT_FDCWD, "/proc/self/ns/ipc", "ipc"),
		.all_processes = proc_is_complete() && !proc_hides_processes(),
	};
	error = maps_begin(&search.maps);
	if (!error)
		error = scan_all(&scan);
	mappings->denied = scan.hidden + scan.lost;
	maps_end(&search.maps);
	free(search.spaces.items);
	if (error)
		mappings_free(mappings);
	if (mappings->count)
		qsort(mappings->items, mappings->count, sizeof(*mappings->items), compare_holders);
	return error;
}

static int compare_processes(const void *left, const void *right)
{
	const struct holder *a = *(struct holder *const *)left;
	const struct holder *b = *(struct holder *const *)right;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

int mappings_scan(struct holder **holders, size_t count, struct scan *scan)
{
	pid_t *pids = calloc(count + 1, sizeof(*pids));
	size_t pid_count = 0;
	int error;

	if (!pids)
		return ENOMEM;
	qsort(holders, count, sizeof(struct holder *), compare_processes);
	for (size_t i = 0; i < count; i++) {
		if (!pid_count || pids[pid_count - 1] != holders[i]->pid)
			pids[pid_count++] = holders[i]->pid;
	}
	error = scan_list(scan, pids, pid_count);
	free(pids);
	return error;
}

size_t mappings_first_of(struct holder *const *holders, size_t count, pid_t pid)
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (holders[middle]->pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void mappings_free(struct mappings *mappings)
{
	free(mappings->items);
	*mappings = (struct mappings){ 0 };
}
