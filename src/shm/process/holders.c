/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/holders.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/bytes/map_files.h"
#include "shm/bytes/pages.h"
#include "shm/process/namespace.h"
#include "shm/process/process.h"
#include "shm/process/scan.h"
#include "shm/segment/control.h"
#include "shm/system/procfile.h"

static void free_attachments(void *value)
{
	struct attachments *attachments = value;

	free(attachments->items);
	free(attachments);
}

void holders_free(struct holders *holders)
{
	if (holders->inotify > 0)
		close(holders->inotify);
	intmap_free(&holders->known, free_attachments);
	free(holders->items);
	*holders = (struct holders){ 0 };
}

int holders_read(struct holders *holders)
{
	*holders = (struct holders){ 0 };
	/* its numbers would name, and --pid would find, processes that have nothing to do with it */
	if (proc_is_ours())
		return scan_processes(holders, -1);
	return access("/proc/1", F_OK) < 0 ? ENOENT : ENXIO;
}

/* Deciding */

enum { MAP_FILE_SIZE = 80 };

static const char *map_file(char path[MAP_FILE_SIZE], const struct holder *holder)
{
	snprintf(path, MAP_FILE_SIZE, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, holder->task,
		 holder->mapping.start, holder->mapping.end);
	return path;
}

/* Whether a mapping may be of this segment, by all that can be read from maps. */
static bool may_be_of(const struct holder *holder, const struct segment *segment)
{
	const struct mapping *mapping = &holder->mapping;
	uint64_t end;

	/* marking takes the segment's key, but not that of its mappings */
	return mapping->inode == (uint64_t)segment->id &&
	       (segment->dest || mapping->key == segment->key) &&
	       !__builtin_add_overflow(mapping->offset, mapping->end - mapping->start, &end) &&
	       end <= round_up(segment->size, mapping->page);
}

/*
 * Tells inodes apart: inotify gives the same watch for the same inode, whatever
 * the file system (name_to_handle_at(2) knows hugetlbfs only since Linux 6.5,
 * and there but by the id). No event is ever wanted. Returns the identity, or
 * the negative of an errno value.
 */
static int identify(struct holders *holders, const char *path)
{
	int watch;

	if (holders->inotify == 0) {
		int fd = inotify_init1(IN_CLOEXEC);

		if (fd < 0)
			return -errno;
		holders->inotify = fd;
	}
	watch = inotify_add_watch(holders->inotify, path, IN_DELETE_SELF);
	return watch < 0 ? -errno : watch;
}

/* Whether this open or path is the file of a segment of that size. */
static bool has_size_of(const struct stat *status, const struct holder *holder,
			const struct segment *segment)
{
	uint64_t size = (uint64_t)status->st_size;

	/* of huge pages the file has whole ones */
	return size == segment->size || size == round_up(segment->size, holder->mapping.page);
}

/*
 * Finds out which segments the candidates are of; those that are not mapped
 * any more, or of another size, are dropped. Returns 0, or an errno value
 * where that cannot be found out.
 */
static int identify_all(struct holders *holders, const struct segment *segment,
			struct attachments *candidates)
{
	size_t kept = 0;

	for (size_t i = 0; i < candidates->count; i++) {
		struct holder *holder = candidates->items[i];
		char path[MAP_FILE_SIZE];
		struct stat status;
		int identity = identify(holders, map_file(path, holder));

		if (identity == -ENOENT || identity == -ESRCH)
			continue;
		if (identity < 0)
			return -identity;
		if (stat(path, &status) < 0 || !has_size_of(&status, holder, segment))
			continue;
		holder->identity = identity;
		candidates->items[kept++] = holder;
	}
	candidates->count = kept;
	return 0;
}

/* The candidates that are of one inode. */
struct group {
	int identity; /* 0: none */
	size_t count;
	size_t here; /* how many of them are of processes in our IPC namespace */
};

static struct group group_of(const struct holders *holders, const struct attachments *candidates,
			     int identity)
{
	struct group group = { .identity = identity };

	for (size_t i = 0; i < candidates->count; i++) {
		if (candidates->items[i]->identity != identity)
			continue;
		group.count++;
		group.here += candidates->items[i]->ns == holders->ns;
	}
	return group;
}

/* Whether a candidate before this one is of the same inode. */
static bool is_repeated(const struct attachments *candidates, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (candidates->items[i]->identity == candidates->items[index]->identity)
			return true;
	}
	return false;
}

/* Whether all mappings there are were seen, in whatever namespace. */
static bool saw_all(const struct holders *holders)
{
	return holders->all_processes && !holders->denied;
}

/*
 * Which of the groups is the segment: the only one that has a process in our
 * namespace. Where there are several, and all mappings were seen and stood
 * still (so that counts tell), one with fewer than nattch is not it; and where
 * none has a process here, the only one that is left is it.
 */
static struct group choose_group(const struct holders *holders,
				 const struct attachments *candidates, bool counts_tell)
{
	struct group here = { 0 };
	struct group elsewhere = { 0 };
	size_t here_count = 0;
	size_t elsewhere_count = 0;

	for (size_t i = 0; i < candidates->count; i++) {
		struct group group;

		if (is_repeated(candidates, i))
			continue;
		group = group_of(holders, candidates, candidates->items[i]->identity);
		if (group.here && group.count == candidates->count)
			return group; /* there is no other */
		if (counts_tell && group.count < candidates->nattch)
			continue;
		if (group.here) {
			here = group;
			here_count++;
		} else {
			elsewhere = group;
			elsewhere_count++;
		}
	}
	if (here_count == 1)
		return here;
	if (here_count == 0 && elsewhere_count == 1 && counts_tell)
		return elsewhere;
	return (struct group){ 0 };
}

static size_t count_here(const struct holders *holders, const struct attachments *candidates)
{
	size_t here = 0;

	for (size_t i = 0; i < candidates->count; i++)
		here += candidates->items[i]->ns == holders->ns;
	return here;
}

/* Keeps what is of this identity; with 0, what is of processes in our namespace. */
static void keep_only(const struct holders *holders, struct attachments *candidates, int identity)
{
	size_t kept = 0;

	for (size_t i = 0; i < candidates->count; i++) {
		struct holder *holder = candidates->items[i];

		if (identity ? holder->identity == identity : holder->ns == holders->ns)
			candidates->items[kept++] = holder;
	}
	candidates->count = kept;
}

/*
 * Without the right to tell inodes apart: those of processes in our namespace,
 * unless these are too many, so that some must be of something else.
 */
static void decide_by_place(const struct holders *holders, struct attachments *candidates,
			    bool steady)
{
	size_t all = candidates->count;
	size_t here = count_here(holders, candidates);

	keep_only(holders, candidates, 0);
	if (steady && here > candidates->nattch)
		candidates->count = 0;
	if (candidates->count < candidates->nattch)
		candidates->undecided = all - candidates->count;
}

static void decide_by_inode(const struct holders *holders, struct attachments *candidates,
			    bool steady)
{
	struct group group = choose_group(holders, candidates, steady && saw_all(holders));
	size_t all = candidates->count;

	if (group.identity)
		keep_only(holders, candidates, group.identity);
	else
		candidates->count = 0;
	if (candidates->count < candidates->nattch)
		candidates->undecided = all - candidates->count;
}

/* Whether nobody attached or detached between two looks, and it is the same segment. */
static bool is_unchanged(const struct segment *before, const struct segment *after)
{
	return before->nattch == after->nattch && before->lpid == after->lpid &&
	       before->atime == after->atime && before->dtime == after->dtime &&
	       before->cpid == after->cpid && before->size == after->size &&
	       before->key == after->key && before->dest == after->dest;
}

/* Why the number of holders is not nattch. */
static enum holders_doubt doubt(const struct holders *holders, const struct attachments *found,
				bool steady)
{
	if (found->count == found->nattch)
		return HOLDERS_ALL;
	if (!steady)
		return HOLDERS_CHANGED;
	if (found->count > found->nattch)
		return HOLDERS_UNEXPLAINED;
	if (found->undecided && found->count + found->undecided >= found->nattch)
		return HOLDERS_UNDECIDED;
	/* hidepid hides processes from ordinary users altogether */
	if (holders->denied || geteuid() != 0)
		return HOLDERS_DENIED;
	if (found->undecided)
		return HOLDERS_UNDECIDED;
	return holders->all_processes ? HOLDERS_UNEXPLAINED : HOLDERS_NAMESPACE;
}

/* The first holder of the segment with this id, or of the next one there is. */
static struct holder *find_first(const struct holders *holders, int id)
{
	size_t low = 0;
	size_t high = holders->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (holders->items[middle].mapping.inode < (uint64_t)id)
			low = middle + 1;
		else
			high = middle;
	}
	return holders->items + low;
}

/* Gathers what may be of the segment. 0 or ENOMEM. */
static int gather(const struct holders *holders, const struct segment *segment,
		  struct attachments *candidates)
{
	struct holder *first = find_first(holders, segment->id);
	const struct holder *end = holders->items + holders->count;
	struct holder *last = first;

	while (last < end && last->mapping.inode == (uint64_t)segment->id)
		last++;
	if (first == last)
		return 0;
	candidates->items = calloc((size_t)(last - first), sizeof(struct holder *));
	if (!candidates->items)
		return ENOMEM;
	for (; first < last; first++) {
		if (may_be_of(first, segment))
			candidates->items[candidates->count++] = first;
	}
	return 0;
}

/* Keeps of the candidates those that are of the segment, and says what is not known. */
static void decide(struct holders *holders, const struct segment *segment,
		   struct attachments *candidates)
{
	struct segment now;
	bool steady;

	candidates->nattch = segment->nattch;
	if (candidates->count == segment->nattch &&
	    count_here(holders, candidates) == candidates->count)
		return; /* as it is almost always */
	steady = segment_look(segment->id, &now) == 0;
	if (steady) {
		candidates->nattch = now.nattch;
		steady = is_unchanged(segment, &now);
	}
	if (identify_all(holders, segment, candidates))
		decide_by_place(holders, candidates, steady);
	else
		decide_by_inode(holders, candidates, steady);
	candidates->doubt = doubt(holders, candidates, steady);
}

const struct attachments *holders_of(struct holders *holders, const struct segment *segment)
{
	struct attachments *found;

	if (segment->ns && segment->ns->inode != holders->ns)
		return NULL;
	found = intmap_get(&holders->known, (uint32_t)segment->id);
	if (found)
		return found;
	found = calloc(1, sizeof(*found));
	if (!found)
		return NULL;
	found->id = segment->id;
	if ((segment->nattch > 0 && gather(holders, segment, found)) ||
	    intmap_add(&holders->known, (uint32_t)segment->id, found)) {
		free_attachments(found);
		return NULL;
	}
	decide(holders, segment, found);
	return found;
}

bool holders_have(struct holders *holders, const struct segment *segment, pid_t pid)
{
	const struct attachments *found = holders_of(holders, segment);

	for (size_t i = 0; found && i < found->count; i++) {
		if (found->items[i]->pid == pid)
			return true;
	}
	return false;
}

uid_t holder_user(const struct holder *holder)
{
	static const char label[] = "\nUid:";
	char path[64];
	char text[4096];
	char *number;
	char *end;
	unsigned long user;

	snprintf(path, sizeof(path), "/proc/%d/status", holder->task);
	if (file_read(path, text, sizeof(text)))
		return (uid_t)-1;
	number = strstr(text, label);
	if (!number)
		return (uid_t)-1;
	/* "Uid:	0	0	0	0": the second number is the effective user */
	strtoul(number + strlen(label), &number, 10);
	user = strtoul(number, &end, 10);
	return end == number ? (uid_t)-1 : (uid_t)user;
}

/* Opening */

/*
 * The group that certainly is the segment: as choose_group(), but each
 * attachment must have been seen.
 */
static struct group find_certain(struct holders *holders, const struct segment *segment,
				 struct attachments *candidates)
{
	struct group none = { 0 };
	struct group group;

	candidates->nattch = segment->nattch;
	if (gather(holders, segment, candidates) || identify_all(holders, segment, candidates))
		return none;
	group = choose_group(holders, candidates, saw_all(holders));
	/* what maps it as a file is not counted: only who sees all may pass over it */
	if (group.count == segment->nattch || (saw_all(holders) && group.count > segment->nattch))
		return group;
	return none;
}

/* Opens one mapping, and makes sure that it still is what it was. */
static int open_mapping(struct holders *holders, const struct segment *segment,
			const struct holder *holder, int flags)
{
	char path[MAP_FILE_SIZE];
	char own[64];
	struct stat status;
	int fd = open(map_file(path, holder), flags | O_CLOEXEC);

	if (fd < 0)
		return -1;
	snprintf(own, sizeof(own), "/proc/self/fd/%d", fd);
	if (fstat(fd, &status) == 0 && status.st_dev == holder->mapping.device &&
	    status.st_ino == (ino_t)segment->id && has_size_of(&status, holder, segment) &&
	    identify(holders, own) == holder->identity)
		return fd;
	close(fd);
	errno = ENOENT;
	return -1;
}

/* One try. Returns a descriptor, or the negative of an errno value; -EAGAIN: it changed meanwhile. */
static int try_open(const struct segment *segment, int flags)
{
	struct attachments candidates = { 0 };
	struct holders holders = { 0 };
	struct segment before;
	struct segment after;
	struct group group = { 0 };
	int error = segment_look(segment->id, &before);
	int fd = -1;

	if (error || before.nattch == 0)
		return -ENOENT;
	error = scan_processes(&holders, segment->id);
	if (!error)
		group = find_certain(&holders, &before, &candidates);
	for (size_t i = 0; group.identity && i < candidates.count && fd < 0; i++) {
		if (candidates.items[i]->identity == group.identity)
			fd = open_mapping(&holders, &before, candidates.items[i], flags);
	}
	if (fd < 0)
		error = group.identity ? errno : ENOENT;
	if (segment_look(segment->id, &after) || !is_unchanged(&before, &after)) {
		if (fd >= 0)
			close(fd);
		fd = -1;
		error = EAGAIN;
	}
	free(candidates.items);
	holders_free(&holders);
	return fd >= 0 ? fd : -error;
}

/* A segment that is attached and detached all the time is given up soon. */
enum { TRIES = 3 };

int holder_open(const struct segment *segment, int flags)
{
	int fd = -EAGAIN;

	if (!proc_is_ours() || map_files_allowed()) {
		errno = EPERM;
		return -1;
	}
	for (int i = 0; i < TRIES && fd == -EAGAIN; i++)
		fd = try_open(segment, flags);
	if (fd >= 0)
		return fd;
	errno = fd == -EAGAIN ? ENOENT : -fd;
	return -1;
}
