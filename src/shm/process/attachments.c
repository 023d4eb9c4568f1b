/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/attachments.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "shm/bytes/pages.h"
#include "shm/process/identities.h"
#include "shm/segment/control.h"

/* Whether a mapping ends where the segment ends, or before. mremap(2) can enlarge it. */
static bool is_inside(const struct holder *holder, const struct segment *segment)
{
	const struct mapping *mapping = &holder->mapping;
	uint64_t end;

	return !__builtin_add_overflow(mapping->offset, mapping->end - mapping->start, &end) &&
	       end <= round_up(segment->size, mapping->page);
}

/*
 * Whether the mapping's file has the size and the creator of the segment. No process can
 * choose another user as the creator, so other users cannot make a segment, in another
 * namespace, whose file is taken for this one.
 */
static bool is_file_of(const struct holder *holder, const struct segment *segment)
{
	/* the numbers of users in another user namespace cannot be compared */
	const bool comparable = !segment->ns || !segment->ns->foreign;

	/* with huge pages, the file's size is in whole pages */
	return (!comparable || holder->creator == segment->cuid) &&
	       (holder->bytes == segment->size ||
		holder->bytes == round_up(segment->size, holder->mapping.page));
}

/* Whether the file of a candidate was looked at. */
static bool is_seen(const struct holder *holder)
{
	return holder->bytes != 0;
}

/* Whether a mapping is a candidate: by its file, or if that was not looked at, by its extent. */
static bool may_be_of(const struct holder *holder, const struct segment *segment)
{
	const struct mapping *mapping = &holder->mapping;

	/* a segment that is marked for removal loses its key, but its mappings keep it */
	return mapping->inode == (uint64_t)segment->id &&
	       (segment->dest || mapping->key == segment->key) &&
	       (is_seen(holder) ? is_file_of(holder, segment) : is_inside(holder, segment));
}

/* The first mapping with this id in this IPC namespace, or else the next one. */
static struct holder *find_first(const struct mappings *all, uint64_t id, uint64_t ns)
{
	size_t low = 0;
	size_t high = all->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct holder *at = &all->items[middle];

		if (at->mapping.inode < id || (at->mapping.inode == id && at->ns < ns))
			low = middle + 1;
		else
			high = middle;
	}
	return all->items + low;
}

int attachments_gather(struct attachments *candidates, const struct mappings *all,
		       const struct segment *segment, size_t *budget)
{
	const uint64_t id = (uint64_t)segment->id;
	const uint64_t ns = segment->ns ? segment->ns->inode : all->ns;
	struct holder *first = find_first(all, id, 0);
	struct holder *end = find_first(all, id + 1, 0);
	size_t count = 0;

	if ((size_t)(end - first) > *budget) {
		first = find_first(all, id, ns);
		end = find_first(all, id, ns + 1);
	} else {
		*budget -= (size_t)(end - first);
	}
	*candidates =
		(struct attachments){ .ns = ns, .id = segment->id, .nattch = segment->nattch };
	for (const struct holder *at = first; at < end; at++)
		count += may_be_of(at, segment);
	if (!count)
		return 0;
	candidates->items = calloc(count, sizeof(struct holder *));
	if (!candidates->items)
		return ENOMEM;
	for (struct holder *at = first; candidates->count < count; at++) {
		if (may_be_of(at, segment))
			candidates->items[candidates->count++] = at;
	}
	return 0;
}

/*
 * Drops candidates that are no longer mapped, or whose file is known to be another one.
 * Returns whether the identity of all others is known.
 */
static bool drop_others(const struct segment *segment, struct attachments *candidates)
{
	bool all_known = true;
	size_t kept = 0;

	for (size_t i = 0; i < candidates->count; i++) {
		struct holder *holder = candidates->items[i];

		if (identity_is_gone(holder) || !may_be_of(holder, segment))
			continue;
		all_known &= holder->identity != 0;
		candidates->items[kept++] = holder;
	}
	candidates->count = kept;
	return all_known;
}

/* The candidates of one inode. */
struct group {
	int identity; /* 0: none */
	size_t count;
	size_t here; /* how many belong to processes in the segment's IPC namespace */
};

static int compare_identities(const void *left, const void *right)
{
	const struct holder *a = *(struct holder *const *)left;
	const struct holder *b = *(struct holder *const *)right;

	if (a->identity != b->identity)
		return a->identity < b->identity ? -1 : 1;
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return (a->mapping.start > b->mapping.start) - (a->mapping.start < b->mapping.start);
}

/* The group that begins at this index; the candidates must be sorted by identity. */
static struct group group_at(const struct attachments *candidates, size_t index)
{
	struct group group = { .identity = candidates->items[index]->identity };

	for (; index < candidates->count && candidates->items[index]->identity == group.identity;
	     index++) {
		group.count++;
		group.here += candidates->items[index]->ns == candidates->ns;
	}
	return group;
}

/* Whether the scan saw every mapping of the machine, in all namespaces. */
static bool saw_all(const struct mappings *all)
{
	return all->all_processes && !all->denied;
}

/*
 * Chooses the group that is the segment: the only one with a process in the segment's namespace.
 * With counts_tell, all mappings were seen and none changed, so that groups can be counted: one
 * with fewer mappings than nattch is chosen only if it is the only one there. If no group has a
 * process in the namespace, the only other one that is large enough is chosen. A user can bring
 * about that a group is counted too small, but not one with another creator (is_file_of()).
 */
static struct group choose_group(struct attachments *candidates, bool counts_tell)
{
	struct group here = { 0 };
	struct group elsewhere = { 0 };
	struct group group;
	size_t all_here = 0;
	size_t large_here = 0;
	size_t large_elsewhere = 0;

	if (candidates->count)
		qsort(candidates->items, candidates->count, sizeof(*candidates->items),
		      compare_identities);
	for (size_t i = 0; i < candidates->count; i += group.count) {
		bool large;

		group = group_at(candidates, i);
		large = !counts_tell || group.count >= candidates->nattch;
		if (group.here) {
			if (large || !large_here)
				here = group;
			all_here++;
			large_here += large;
		} else if (large) {
			elsewhere = group;
			large_elsewhere++;
		}
	}
	if (large_here == 1 || (large_here == 0 && all_here == 1))
		return here;
	if (all_here == 0 && large_elsewhere == 1 && counts_tell)
		return elsewhere;
	return (struct group){ 0 };
}

static size_t count_here(const struct attachments *candidates)
{
	size_t here = 0;

	for (size_t i = 0; i < candidates->count; i++)
		here += candidates->items[i]->ns == candidates->ns;
	return here;
}

/*
 * Whether a candidate is kept without an identity: if its file was looked at, or if that is not
 * permitted. Any user can bring about that a process does not answer.
 */
static bool may_stay(const struct holder *holder, const struct mappings *all)
{
	return !all->can_open || is_seen(holder) || holder->error == EACCES;
}

/* Keeps the candidates of this identity, or if 0, those of processes in the namespace. */
static void keep_only(struct attachments *candidates, int identity, const struct mappings *all)
{
	size_t kept = 0;

	for (size_t i = 0; i < candidates->count; i++) {
		struct holder *holder = candidates->items[i];
		const bool here = holder->ns == candidates->ns;

		if (identity ? holder->identity == identity : here && may_stay(holder, all))
			candidates->items[kept++] = holder;
	}
	candidates->count = kept;
}

/*
 * Decides without identities: keeps the candidates of processes in the segment's
 * namespace. Keeps none if they are more than nattch, since some must then belong to
 * another segment.
 */
static void decide_by_place(struct attachments *candidates, const struct mappings *mappings,
			    bool steady)
{
	size_t all = candidates->count;

	keep_only(candidates, 0, mappings);
	if (steady && candidates->count > candidates->nattch)
		candidates->count = 0;
	if (candidates->count < candidates->nattch)
		candidates->undecided = all - candidates->count;
}

static void decide_by_inode(struct attachments *candidates, bool counts_tell)
{
	struct group group = choose_group(candidates, counts_tell);
	size_t all = candidates->count;

	if (group.identity)
		keep_only(candidates, group.identity, NULL);
	else
		candidates->count = 0;
	if (candidates->count < candidates->nattch)
		candidates->undecided = all - candidates->count;
}

bool attachments_unchanged(const struct segment *before, const struct segment *after)
{
	return segment_is_same(before, after) && segment_has_same_owner(before, after) &&
	       before->nattch == after->nattch && before->lpid == after->lpid &&
	       before->atime == after->atime && before->dtime == after->dtime &&
	       before->ctime == after->ctime && before->dest == after->dest;
}

/* Why the number of attachments found differs from nattch. */
static enum holders_doubt doubt(const struct mappings *all, const struct attachments *found,
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
	/* for ordinary users, hidepid removes other users' processes from /proc */
	if (all->denied || geteuid() != 0)
		return HOLDERS_DENIED;
	if (found->undecided)
		return HOLDERS_UNDECIDED; /* GCOVR_EXCL_LINE: two causes at a time */
	return all->all_processes ? HOLDERS_UNEXPLAINED : HOLDERS_NAMESPACE;
}

void attachments_decide(struct attachments *candidates, const struct mappings *all,
			const struct segment *segment, const struct segment *now)
{
	bool steady = now && attachments_unchanged(segment, now);

	if (now)
		candidates->nattch = now->nattch;
	if (drop_others(segment, candidates))
		decide_by_inode(candidates, steady && saw_all(all));
	else
		decide_by_place(candidates, all, steady);
	candidates->doubt = doubt(all, candidates, steady);
}

int attachments_identity(struct attachments *candidates, const struct mappings *all,
			 const struct segment *segment)
{
	struct group group;

	if (!drop_others(segment, candidates))
		return 0;
	group = choose_group(candidates, saw_all(all));
	/* a process of the same user may have a segment of its own namespace that looks the same */
	if (!group.here)
		return 0;
	/* more than nattch: some are mappings of the file, if every mapping was seen */
	if (group.count == segment->nattch || (saw_all(all) && group.count > segment->nattch))
		return group.identity;
	return 0;
}

bool attachments_are_plain(const struct attachments *candidates, const struct mappings *all)
{
	bool plain = candidates->count == candidates->nattch &&
		     count_here(candidates) == candidates->count;

	for (size_t i = 0; i < candidates->count && all->can_open; i++)
		plain &= is_seen(candidates->items[i]);
	return plain;
}
