/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/ls_follow.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "shm/segment/changes.h"
#include "shm/segment/control.h"
#include "shm/system/array.h"
#include "shm/system/clock.h"
#include "shm/system/intmap.h"
#include "text/format.h"
#include "text/segment_json.h"
#include "verbs/common/lookup.h"
#include "verbs/common/namespaces.h"

/* The default interval in milliseconds. */
enum { FOLLOW_INTERVAL = 1000 };

/* One list of the segments. */
struct sight {
	struct listing list;          /* with -A, grouped by namespace */
	struct namespaces namespaces; /* with -A: those that the segments point to */
};

/* The context for reporting a change. */
struct reporter {
	const struct choice *choice;
	const struct ls_options *options;
	struct output *output;
	struct judge judge; /* of this list; begun for the first segment that is reported */
	bool judging;
	struct view view;
	struct scan_losses losses;  /* of all lists; the judge has them while it is judging */
	struct namespaces excepted; /* --except-namespace: what the words named at the start */
	size_t most_lost;           /* processes that did not respond, as last reported */
	struct events {             /* of this list, to be reported */
		struct event {
			enum change change;
			struct segment segment;
		} * items;
		size_t count;
		size_t capacity;
	} events;
};

static const char *const names[CHANGE_COUNT] = {
	[CHANGE_CREATED] = "created",   [CHANGE_REMOVED] = "removed",   [CHANGE_MARKED] = "marked",
	[CHANGE_ATTACHED] = "attached", [CHANGE_DETACHED] = "detached", [CHANGE_OTHER] = "changed",
};

/* The fields that JSON shows; NULL: the default ones. */
static const struct field_list *fields_shown(const struct reporter *reporter)
{
	return reporter->options->columns_given ? &reporter->options->columns : NULL;
}

/*
 * Reads the units and command lines of the processes that created or last used the segments: at
 * once, and before anything is printed. A child for each would delay the next list, and a process
 * that exits in the meantime could not be named.
 */
static void read_processes(struct reporter *reporter)
{
	const struct events *events = &reporter->events;
	const struct field_list *shown = fields_shown(reporter);
	pid_t *pids = NULL;

	if (reporter->options->json && (!shown || fields_need(shown) & NEEDS_ORIGINS))
		pids = calloc(events->count + 1, 2 * sizeof(*pids));
	for (size_t i = 0; i < events->count && pids; i++) {
		pids[2 * i] = events->items[i].segment.cpid;
		pids[2 * i + 1] = events->items[i].segment.lpid;
	}
	if (pids)
		processes_read(&reporter->judge.processes, pids, 2 * events->count, true);
	free(pids);
}

/* Judges a segment. Processes are queried anew for each list, but only if something changed. */
static void judge(struct reporter *reporter, struct segment *segment)
{
	const struct choice *choice = reporter->choice;

	if (!reporter->judging) {
		judge_begin(&reporter->judge, choice->filter.grace, false);
		reporter->judge.likely = filter_needs_likely(&choice->filter);
		reporter->judge.keep = &choice->keep;
		reporter->judge.processes.losses = reporter->losses;
		reporter->judging = true;
		read_processes(reporter);
	}
	judge_segment(&reporter->judge, segment);
}

static void end_judging(struct reporter *reporter)
{
	if (!reporter->judging)
		return;
	reporter->losses = reporter->judge.processes.losses;
	reporter->judge.processes.losses = (struct scan_losses){ 0 };
	judge_end(&reporter->judge);
	reporter->judging = false;
}

static bool is_wanted(const struct choice *choice, const struct segment *segment,
		      struct judge *judge)
{
	bool named = choice->named.count == 0;

	for (size_t i = 0; i < choice->named.count && !named; i++)
		named = segment_is_named(&choice->named.items[i], segment);
	return named && filter_matches(&choice->filter, segment, judge, NULL);
}

static void report_json(struct reporter *reporter, const char *name, const struct segment *segment)
{
	const struct field_list *shown = fields_shown(reporter);
	char time[UNIT_TEXT_SIZE];

	time_text(time, reporter->judge.now, TIME_RFC3339, 0);
	output_format(reporter->output, "{\"event\":\"%s\",\"time\":\"%s\",\"segment\":{", name,
		      time);
	json_fields(reporter->output, &reporter->view, shown, segment);
	output_text(reporter->output, "}}\n");
}

static void report_line(struct reporter *reporter, const char *name, const struct segment *segment)
{
#define LINE                                                          \
	" %{id} key=%{key} owner=%{owner} mode=%{mode} size=%{size} " \
	"nattch=%{nattch} state=%{state} cpid=%{cpid} lpid=%{lpid}"
	char time[UNIT_TEXT_SIZE];

	time_text(time, reporter->judge.now, reporter->options->times, reporter->judge.now);
	output_format(reporter->output, "%s %s", time, name);
	print_format(reporter->output,
		     segment->ns ? LINE " ns=%{ns} ns-name=%{ns-name} ns-of=%{ns-of}" : LINE,
		     &reporter->view, segment);
}

static void report(struct reporter *reporter, struct event *event)
{
	judge(reporter, &event->segment);
	if (!is_wanted(reporter->choice, &event->segment, &reporter->judge))
		return;
	if (reporter->options->json)
		report_json(reporter, names[event->change], &event->segment);
	else
		report_line(reporter, names[event->change], &event->segment);
}

static void note_event(void *context, enum change change, const struct segment *segment)
{
	struct reporter *reporter = context;
	struct events *events = &reporter->events;
	struct event event = { change, *segment };

	if (ARRAY_MAKE_ROOM(events) == 0) {
		events->items[events->count++] = event;
		return;
	}
	report(reporter, &event); /* no memory: it is reported at once */
}

static void report_all(struct reporter *reporter)
{
	struct events *events = &reporter->events;

	for (size_t i = 0; i < events->count; i++)
		report(reporter, &events->items[i]);
	free(events->items);
	*events = (struct events){ 0 };
}

/* Refuses an id that does not exist, since it never will: --follow would wait in vain. */
static enum status check_ids(const struct choice *choice, const struct listing *list)
{
	enum status status = STATUS_DONE;

	for (size_t i = 0; i < choice->named.count; i++) {
		const struct segment_ref *ref = &choice->named.items[i];

		if (ref->path_error)
			return key_path_failed(ref->word, ref->path_error, NULL);

		if (ref->kind == REF_ID && !listing_find(list, ref->id))
			status_keep_first(&status, lookup_failed(ref, EINVAL));
	}
	return status;
}

/* Waits for the time of the next list. Returns false if stdout has no reader left. */
static bool wait_until(int64_t deadline)
{
	struct pollfd pollfd = { .fd = STDOUT_FILENO };

	for (;;) {
		int64_t left = deadline - monotonic_ms();

		if (left <= 0)
			return true;
		if (poll(&pollfd, 1, left > INT_MAX ? INT_MAX : (int)left) > 0 &&
		    pollfd.revents & (POLLERR | POLLHUP | POLLNVAL))
			return false;
	}
}

/*
 * Restores the keys of segments that were marked for removal, which the kernel sets to 0. So
 * a user who follows a key sees what happens to its segment. Returns 0 or ENOMEM.
 */
static int keep_keys(const struct listing *before, struct listing *after)
{
	struct intmap old = { 0 };
	bool indexed = false;
	int error = 0;

	for (size_t i = 0; i < after->count && !error; i++) {
		struct segment *segment = &after->items[i];
		const struct segment *was;

		if (!segment->dest)
			continue;
		if (!indexed)
			error = listing_index(before, &old);
		indexed = true;
		was = intmap_get(&old, (uint32_t)segment->id);
		if (was && segment_is_same(was, segment))
			segment->key = was->key;
	}
	intmap_free(&old, NULL);
	return error;
}

static void sight_free(struct sight *sight)
{
	listing_free(&sight->list);
	namespaces_free(&sight->namespaces);
}

/* Reads the list of all segments. before: an earlier one; missing: see all_namespaces_read(). */
static enum status take_sight(struct reporter *reporter, struct sight *sight,
			      const struct sight *before, enum status *missing)
{
	const struct choice *choice = reporter->choice;
	enum status status;

	scan_trust_again(&reporter->losses);
	*sight = (struct sight){
		.namespaces = { .with_names = true, .before = before ? &before->namespaces : NULL },
	};
	if (!choice->filter.all_namespaces)
		return read_segments(&sight->list);
	status = all_namespaces_read(&sight->namespaces, &sight->list, &reporter->excepted,
				     choice_depends_on_users(choice), &reporter->losses, missing);
	/* otherwise the open descriptors would keep them in existence, and so in the list */
	namespaces_release(&sight->namespaces);
	return status;
}

/* The inode of the segment's namespace; without -A, 0. All namespaces have the same device. */
static uint32_t inode_of(const struct segment *segment)
{
	return segment->ns ? (uint32_t)segment->ns->inode : 0;
}

/* The part of the list from this index on that is in the same namespace. */
static struct listing part_at(const struct listing *list, size_t first)
{
	struct listing part = { .items = list->items + first };

	while (first + part.count < list->count &&
	       list->items[first + part.count].ns == part.items->ns)
		part.count++;
	return part;
}

/* Makes a map of the parts of a list, by inode; without -A, there is one. Returns 0 or ENOMEM. */
static int index_parts(const struct listing *list, struct intmap *parts)
{
	int error = 0;
	size_t count;

	for (size_t i = 0; i < list->count && !error; i += count) {
		error = intmap_add(parts, inode_of(&list->items[i]), &list->items[i]);
		count = part_at(list, i).count;
	}
	return error;
}

/* The part of the list that is in the same namespace as this segment. */
static struct listing part_like(const struct listing *list, const struct intmap *parts,
				const struct segment *segment)
{
	const struct segment *first = intmap_get(parts, inode_of(segment));

	return first ? part_at(list, (size_t)(first - list->items)) : (struct listing){ 0 };
}

/*
 * Copies the segments of a namespace that could not be read this time from the list before.
 * Returns 0 or ENOMEM.
 */
static int keep_unread(const struct listing *before, struct sight *after)
{
	struct intmap now = { 0 };
	bool unread = false;
	int error = 0;

	for (size_t i = 0; i < after->namespaces.count; i++)
		unread |= after->namespaces.items[i].unread;
	if (unread)
		error = namespaces_index(&after->namespaces, &now);
	for (size_t i = 0; unread && i < before->count && before->items[i].ns && !error; i++) {
		struct segment segment = before->items[i];

		segment.ns = intmap_get(&now, inode_of(&segment));
		/* GCOVR_EXCL_START: rarely: a namespace that could be read before */
		if (segment.ns && segment.ns->unread)
			error = listing_add(&after->list, &segment);
		/* GCOVR_EXCL_STOP */
	}
	intmap_free(&now, NULL);
	return error;
}

/* Notes what happened between two lists, by namespace. Returns 0 or ENOMEM. */
static int compare(struct reporter *reporter, const struct listing *before, struct listing *after)
{
	const struct listing none = { 0 };
	struct intmap old_parts = { 0 };
	struct intmap new_parts = { 0 };
	struct listing old;
	struct listing new;
	int error = index_parts(before, &old_parts);

	if (!error)
		error = index_parts(after, &new_parts);
	for (size_t i = 0; i < before->count && !error; i += old.count) {
		old = part_at(before, i);
		if (!part_like(after, &new_parts, old.items).count)
			error = changes_between(&old, &none, note_event, reporter);
	}
	for (size_t i = 0; i < after->count && !error; i += new.count) {
		new = part_at(after, i);
		old = part_like(before, &old_parts, new.items);
		error = keep_keys(&old, &new);
		if (!error)
			error = changes_between(&old, &new, note_event, reporter);
	}
	intmap_free(&old_parts, NULL);
	intmap_free(&new_parts, NULL);
	return error;
}

static int64_t interval_of(const struct reporter *reporter)
{
	const int64_t given = reporter->options->interval;

	return given ? given : FOLLOW_INTERVAL;
}

/* The names of users and groups that are kept from list to list: some 100 KiB. */
enum { NAMES_KEPT = 1000 };

/*
 * Otherwise the names would need more and more memory, since owners can be changed at will. From
 * list to list there is time for as many look-ups as the interval takes.
 */
static void renew_names(struct names *known, int64_t interval)
{
	if (known->users.count + known->groups.count + known->numbers.count > NAMES_KEPT)
		names_free(known);
	known->waited = known->waited > interval ? known->waited - interval : 0;
}

/* Those that were kept since a process did not respond (ETIMEDOUT) are in the warning for that. */
static size_t count_unread(const struct namespaces *found)
{
	size_t unread = 0;

	for (size_t i = 0; i < found->count; i++)
		unread += found->items[i].unread && found->items[i].error != ETIMEDOUT;
	return unread;
}

/* Whether a namespace could not be opened because of the limit of open files. */
static bool lacks_files(const struct namespaces *found)
{
	for (size_t i = 0; i < found->count; i++) {
		if (found->items[i].error == EMFILE || found->items[i].error == ENFILE)
			return true;
	}
	return false;
}

/* Warns if more namespaces could not be read than in the list before. */
static void warn_of_unread(const struct namespaces *before, const struct namespaces *found)
{
	const size_t unread = count_unread(found);

	if (lacks_files(found)) {
		if (!lacks_files(before))
			warn("there are more IPC namespaces than this process may open files for "
			     "(ulimit -Hn): some are not watched");
	} else if (unread > count_unread(before)) {
		warn("cannot read %zu IPC namespace%s: what happens there is reported once this is "
		     "possible",
		     unread, unread == 1 ? "" : "s");
	}
}

/* Reads a list, and prints a line for each change since the one before. */
static enum status look(struct reporter *reporter, struct sight *before)
{
	struct sight after;
	enum status status = take_sight(reporter, &after, before, NULL);

	if (after.namespaces.lost > reporter->most_lost)
		report_lost(&after.namespaces);
	if (!after.namespaces.lost || after.namespaces.lost > reporter->most_lost)
		reporter->most_lost = after.namespaces.lost;
	if (!before->namespaces.too_many_files && !before->namespaces.too_many_mounts)
		warn_of_skipped(&after.namespaces);
	warn_of_unread(&before->namespaces, &after.namespaces);
	if (!status &&
	    (keep_unread(&before->list, &after) || compare(reporter, &before->list, &after.list)))
		status = fail(STATUS_EXHAUSTED, "cannot compare the lists: not enough memory");
	report_all(reporter);
	output_flush(reporter->output);
	end_judging(reporter);
	view_warn_of_names(&reporter->view);
	renew_names(&reporter->view.names, interval_of(reporter));
	sight_free(before);
	*before = after;
	return status;
}

static enum status follow_from(struct reporter *reporter, struct sight *sight)
{
	const int64_t interval = interval_of(reporter);
	int64_t next = monotonic_ms();
	enum status status = STATUS_DONE;

	while (!status && !reporter->output->error) {
		const int64_t latest = deadline_after(interval);

		/* after a pause (a stopped job, a suspended machine), do not catch up */
		if (__builtin_add_overflow(next, interval, &next) || next <= latest - interval)
			next = latest;
		if (!wait_until(next))
			return output_failed(EPIPE);
		status = look(reporter, sight);
	}
	return status;
}

enum status follow_segments(const struct ls_options *options)
{
	static struct output output;
	const struct choice *choice = &options->choice;
	struct reporter reporter = { .choice = choice, .options = options, .output = &output };
	struct sight sight = { 0 };
	enum status missing = STATUS_DONE;
	enum status status = open_excepted(&reporter.excepted, &choice->filter);

	if (!status)
		status = take_sight(&reporter, &sight, NULL, &missing);
	reporter.most_lost = sight.namespaces.lost;
	output_begin(&output, STDOUT_FILENO);
	view_begin(&reporter.view, &reporter.judge);
	reporter.view.numeric = options->numeric;
	choice_prepare_view(choice, &reporter.view);
	reporter.view.unambiguous = !options->json;
	if (!status)
		status = check_ids(choice, &sight.list);
	if (!status && options->verbose)
		note("watching (%zu segment%s now)", sight.list.count,
		     sight.list.count == 1 ? "" : "s");
	if (!status)
		status = follow_from(&reporter, &sight);
	status_keep_first(&status, view_end(&reporter.view));
	sight_free(&sight);
	scan_losses_free(&reporter.losses);
	namespaces_free(&reporter.excepted);
	return output_end(&output, status);
}
