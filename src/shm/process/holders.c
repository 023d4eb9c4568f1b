/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/holders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/bytes/map_files.h"
#include "shm/process/identities.h"
#include "shm/process/namespaces_each.h"
#include "shm/process/procfs.h"
#include "shm/segment/control.h"
#include "shm/system/array.h"

/* A segment whose candidates must be identified. */
struct open_case {
	const struct segment *segment;
	struct attachments *candidates;
};

struct open_cases {
	struct open_case *items;
	size_t count;
	size_t capacity;
};

/*
 * How many mappings are looked at for all segments, before only those of processes in a segment's
 * own namespace are: a user can have thousands of namespaces, and mappings that could be of each.
 */
enum { MAPPINGS_MOST = 4 << 20 };

/* Gathers the candidates of each attached segment. */
static int gather_all(struct holders *holders, const struct listing *list, struct open_cases *open)
{
	size_t budget = MAPPINGS_MOST;

	for (size_t i = 0; i < list->count; i++) {
		const struct segment *segment = &list->items[i];
		struct attachments *candidates = &holders->items[holders->count];

		if (segment->nattch == 0)
			continue;
		if (attachments_gather(candidates, &holders->all, segment, &budget))
			return ENOMEM;
		holders->count++;
		if (attachments_are_plain(candidates, &holders->all))
			continue;
		if (ARRAY_MAKE_ROOM(open))
			return ENOMEM;
		open->items[open->count++] = (struct open_case){ segment, candidates };
	}
	return 0;
}

/* Faults need no report: the segments of a namespace that failed count as changed. */
/* GCOVR_EXCL_START: rarely: a namespace that fails in between */
static void ignore(void *context, struct namespace *ns, const struct namespace_fault *fault)
{
	(void)context;
	(void)ns;
	(void)fault;
	/* GCOVR_EXCL_STOP */
}

/* Lists the segments again, into now, which the caller sorts. */
static int look_again(const struct open_cases *open, struct namespaces *namespaces,
		      struct listing *now)
{
	if (namespaces)
		return namespaces_list(namespaces, now, ignore, NULL);
	for (size_t i = 0; i < open->count; i++) {
		struct segment segment;

		if (segment_look(open->items[i].segment->id, &segment) == 0 &&
		    listing_add(now, &segment))
			return ENOMEM;
	}
	return 0;
}

static int compare_segments(const void *left, const void *right)
{
	const struct segment *a = left;
	const struct segment *b = right;

	if (a->ns != b->ns)
		return (uintptr_t)a->ns < (uintptr_t)b->ns ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

static int compare_counts(const void *left, const void *right)
{
	const struct open_case *a = left;
	const struct open_case *b = right;

	return (a->candidates->count > b->candidates->count) -
	       (a->candidates->count < b->candidates->count);
}

/*
 * Identifies the candidates of the open cases, of segments with the fewest first, as far as
 * IDENTITIES_MOST allows. Returns 0 or an errno value.
 */
static int identify_all(const struct open_cases *open, struct scan_losses *losses)
{
	struct holder **all = calloc(IDENTITIES_MOST, sizeof(struct holder *));
	size_t count = 0;
	int error;

	if (!all)
		return ENOMEM;
	qsort(open->items, open->count, sizeof(*open->items), compare_counts);
	for (size_t i = 0; i < open->count; i++) {
		const struct attachments *candidates = open->items[i].candidates;

		if (candidates->count > IDENTITIES_MOST - count)
			break;
		for (size_t j = 0; j < candidates->count; j++)
			all[count++] = candidates->items[j];
	}
	error = identities_find(all, count, O_PATH, NULL, losses);
	free(all);
	return error;
}

static int decide_all(struct holders *holders, const struct open_cases *open,
		      struct namespaces *namespaces, struct scan_losses *losses)
{
	struct listing now = { 0 };
	int error = look_again(open, namespaces, &now);

	if (!error)
		error = identify_all(open, losses);
	if (now.count)
		qsort(now.items, now.count, sizeof(*now.items), compare_segments);
	for (size_t i = 0; i < open->count && !error; i++) {
		const struct open_case *this = &open->items[i];

		attachments_decide(this->candidates, &holders->all, this->segment,
				   now.count ? bsearch(this->segment, now.items, now.count,
						       sizeof(*now.items), compare_segments)
					     : NULL);
	}
	listing_free(&now);
	return error;
}

static int compare_attachments(const void *left, const void *right)
{
	const struct attachments *a = left;
	const struct attachments *b = right;

	if (a->ns != b->ns)
		return a->ns < b->ns ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

int holders_read(struct holders *holders, struct scan_losses *losses)
{
	*holders = (struct holders){ 0 };
	/* the pids of another namespace's /proc stand for other processes here */
	if (!proc_is_ours())
		return access("/proc/1", F_OK) < 0 ? ENOENT : ENXIO;
	return mappings_read(&holders->all, -1, losses);
}

int holders_decide(struct holders *holders, const struct listing *list,
		   struct namespaces *namespaces, struct scan_losses *losses)
{
	struct open_cases open = { 0 };
	struct attachments *items = reallocarray(holders->items, holders->count + list->count + 1,
						 sizeof(*holders->items));
	int error;

	if (!items)
		return ENOMEM;
	holders->items = items;
	error = gather_all(holders, list, &open);
	if (!error && open.count)
		error = decide_all(holders, &open, namespaces, losses);
	free(open.items);
	qsort(holders->items, holders->count, sizeof(*holders->items), compare_attachments);
	return error;
}

const struct attachments *holders_of(const struct holders *holders, const struct segment *segment)
{
	static const struct attachments none = { .id = -1 };
	const struct attachments key = {
		.ns = segment->ns ? segment->ns->inode : holders->all.ns,
		.id = segment->id,
	};

	if (segment->nattch == 0)
		return &none;
	return holders->count ? bsearch(&key, holders->items, holders->count,
					sizeof(*holders->items), compare_attachments)
			      : NULL;
}

bool holders_have(const struct holders *holders, const struct segment *segment, pid_t pid)
{
	const struct attachments *found = holders_of(holders, segment);

	for (size_t i = 0; found && i < found->count; i++) {
		if (found->items[i]->pid == pid)
			return true;
	}
	return false;
}

const struct process *holder_origin(struct processes *processes, const struct holder *holder)
{
	const struct process *process = process_origin(processes, holder->pid);

	return process->user == holder->user && strcmp(process->command, holder->command) == 0
		       ? process
		       : &processes->unknown;
}

void holders_free(struct holders *holders)
{
	for (size_t i = 0; i < holders->count; i++)
		free(holders->items[i].items);
	free(holders->items);
	mappings_free(&holders->all);
	*holders = (struct holders){ 0 };
}

/* Opening */

/* Opens each file that a candidate maps, and keeps the one that is the segment. */
static int open_certain(const struct mappings *all, const struct segment *segment,
			struct attachments *candidates, int flags, struct scan_losses *losses)
{
	size_t count = candidates->count;
	struct holder **holders = calloc(count + 1, sizeof(struct holder *));
	int *fds = calloc(count + 1, sizeof(*fds));
	int identity = 0;
	int found = -1;

	if (holders && fds) {
		if (count)
			memcpy(holders, candidates->items, count * sizeof(struct holder *));
		if (identities_find(holders, count, flags, fds, losses) == 0)
			identity = attachments_identity(candidates, all, segment);
		for (size_t i = 0; i < count; i++) {
			if (fds[i] >= 0 && identity && holders[i]->identity == identity)
				found = fds[i];
			else if (fds[i] >= 0)
				close(fds[i]);
		}
	}
	free(holders);
	free(fds);
	return found;
}

/* Tries once. Returns a descriptor, or a negative errno value; -EAGAIN: the segment changed. */
static int try_open(const struct segment *segment, int flags, struct scan_losses *losses)
{
	struct mappings all;
	struct segment before;
	struct segment after;
	struct attachments candidates;
	size_t budget = SIZE_MAX;
	int error = segment_look(segment->id, &before);
	int fd = -1;

	/* the id may have been reused since the segment was found */
	if (error || before.nattch == 0 || !segment_is_same(segment, &before) ||
	    !segment_has_same_owner(segment, &before))
		return -ENOENT;
	error = mappings_read(&all, segment->id, losses);
	if (error)
		return -error;
	if (attachments_gather(&candidates, &all, &before, &budget) == 0 &&
	    candidates.count <= IDENTITIES_MOST)
		fd = open_certain(&all, &before, &candidates, flags, losses);
	if (segment_look(segment->id, &after) || !attachments_unchanged(&before, &after)) {
		if (fd >= 0)
			close(fd); /* GCOVR_EXCL_LINE: rarely: it changes during the scan */
		fd = -EAGAIN;
	}
	free(candidates.items);
	mappings_free(&all);
	return fd == -1 ? -ENOENT : fd;
}

/* How often a segment that changes in the meantime is tried. */
enum { TRIES = 3 };

int holder_open(const struct segment *segment, int flags)
{
	struct scan_losses losses = { 0 };
	int fd = -EAGAIN;

	if (!proc_is_ours() || map_files_allowed()) {
		errno = EPERM;
		return -1;
	}
	for (int i = 0; i < TRIES && fd == -EAGAIN; i++)
		fd = try_open(segment, flags, &losses);
	scan_losses_free(&losses);
	if (fd >= 0)
		return fd;
	errno = fd == -EAGAIN ? ENOENT : -fd;
	return -1;
}
