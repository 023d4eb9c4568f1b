/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/common/select.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/process/present.h"
#include "shm/segment/control.h"
#include "shm/system/safe_open.h"
#include "text/holders_text.h"
#include "text/state_names.h"
#include "text/units.h"
#include "verbs/common/keep_lists.h"
#include "verbs/common/lookup.h"
#include "verbs/common/namespaces.h"

void choice_begin(struct choice *choice)
{
	*choice = (struct choice){ .filter.grace = GRACE_DEFAULT };
}

enum status choice_read(struct choice *choice, const struct operands *operands)
{
	const char *wrong = filter_check(&choice->filter);
	enum status status = STATUS_DONE;

	if (!wrong)
		wrong = all_namespaces_check(&choice->filter, operands, choice->may_be_everywhere);
	if (wrong)
		return fail(STATUS_USAGE, "%s", wrong);
	if (choice->filter.file_error)
		return key_path_failed(choice->filter.file_error_word, choice->filter.file_error,
				       choice->nothing_done);
	choice->named.items = calloc(operands->count + 1, sizeof(*choice->named.items));
	if (!choice->named.items)
		return fail(STATUS_EXHAUSTED, "not enough memory");
	for (size_t i = 0; i < operands->count && !status; i++)
		status = parse_operand(operands->words[i], &choice->named.items[i]);
	choice->named.count = operands->count;
	choice->ns = operands->ns;
	choice->verbose = operands->verbose;
	return status;
}

enum status choice_read_keep(struct choice *choice)
{
	/* a removal by operands alone ignores the keep lists */
	if (choice->nothing_done && !filter_given(&choice->filter))
		return STATUS_DONE;
	return keep_lists_read(&choice->keep, &choice->filter, choice->ns, choice->nothing_done);
}

bool choice_depends_on_users(const struct choice *choice)
{
	return filter_names_users(&choice->filter) ||
	       (choice->nothing_done && choice->keep.creators.count);
}

void choice_prepare_view(const struct choice *choice, struct view *view)
{
	view->entered = choice->ns;
	view->users_unknown = choice->users_unknown;
}

void choice_free(struct choice *choice)
{
	filter_free(&choice->filter);
	free(choice->named.items);
	keep_free(&choice->keep);
}

static enum status report_bad_list(const char *path, const struct listing_fault *fault)
{
	/* the header is wrong */
	const char *question = fault->line == 1 ? " (is it a copy of " LISTING_PATH "?)" : "";

	if (fault->error != EBADMSG)
		return fail(status_of_file(fault->error), "cannot read segment list %s: %s", path,
			    strerror(fault->error));
	if (fault->line && fault->field)
		return fail(STATUS_FAILED,
			    "cannot read segment list %s: line %zu: column \"%s\" %s%s", path,
			    fault->line, fault->field, fault->what, question);
	if (fault->line)
		return fail(STATUS_FAILED, "cannot read segment list %s: line %zu: %s%s", path,
			    fault->line, fault->what, question);
	return fail(STATUS_FAILED, "cannot read segment list %s: %s", path, fault->what);
}

static enum status read_saved(struct listing *all, const char *path)
{
	struct listing_fault fault;
	bool from_stdin = strcmp(path, "-") == 0;
	int fd = STDIN_FILENO;
	int error = from_stdin ? 0 : safe_open(path, O_RDONLY | O_NOCTTY, &fd);

	if (error)
		return fail(status_of_file(error), "cannot read segment list %s: %s", path,
			    reason_of_file(error));
	error = listing_parse(all, fd, &fault);
	if (!from_stdin)
		close(fd);
	if (!error)
		return STATUS_DONE;
	return report_bad_list(from_stdin ? "stdin" : path, &fault);
}

static enum status list_failed(const struct listing_fault *fault)
{
	if (fault->error == EBADMSG)
		return report_bad_list(LISTING_PATH, fault);
	return fail(status_of_segment(fault->error), "cannot list the segments: %s",
		    reason_of_segment(fault->error));
}

enum status read_segments(struct listing *all)
{
	struct listing_fault fault;

	return listing_read(all, &fault) ? list_failed(&fault) : STATUS_DONE;
}

/* Scans all processes, if any segment is attached. */
static void look_for_holders(struct selection *selection)
{
	const struct listing *list = &selection->list;
	struct namespaces *namespaces = &selection->namespaces;
	struct scan_losses *losses = &selection->judge.processes.losses;
	bool attached = false;
	int error = 0;

	for (size_t i = 0; i < list->count && !attached; i++)
		attached = list->items[i].nattch > 0;
	if (attached)
		error = holders_read(&selection->holders, losses);
	if (attached && !error)
		error = holders_decide(&selection->holders, list,
				       namespaces->count ? namespaces : NULL, losses);
	if (error)
		warn("cannot determine which processes have segments attached: %s",
		     reason_of_holders(error));
	selection->holders_known = !error;
}

/* Reads what is needed of the processes of the list, in one scan. */
static void read_processes(struct selection *selection, unsigned int needs)
{
	const struct listing *list = &selection->list;
	const struct mappings *mappings = &selection->holders.all;
	const bool origins = needs & NEEDS_ORIGINS;
	pid_t *pids = calloc(2 * list->count + mappings->count + 1, sizeof(*pids));
	size_t count = 0;

	for (size_t i = 0; pids && i < list->count; i++) {
		if (needs & NEEDS_CREATORS)
			pids[count++] = list->items[i].cpid;
		if (needs & NEEDS_LAST_USERS)
			pids[count++] = list->items[i].lpid;
	}
	for (size_t i = 0; pids && origins && needs & NEEDS_HOLDERS && i < mappings->count; i++)
		pids[count++] = mappings->items[i].pid;
	if (count)
		processes_read(&selection->judge.processes, pids, count, origins);
	free(pids);
}

/* Reads how much of each attachment is in memory. Without memory, that is not known. */
static void read_present(struct selection *selection)
{
	const struct holders *holders = &selection->holders;
	struct holder **all = calloc(holders->all.count + 1, sizeof(struct holder *));
	size_t count = 0;

	for (size_t i = 0; all && i < selection->list.count; i++) {
		const struct attachments *attachments =
			holders_of(holders, &selection->list.items[i]);

		for (size_t j = 0; attachments && j < attachments->count; j++)
			all[count++] = attachments->items[j];
	}
	if (count)
		present_read(all, count, &selection->judge.processes.losses);
	free(all);
}

/* Reports a named segment that does not match the filters. */
static void report_skipped(const struct selection *selection, const struct segment *segment)
{
	char idle[UNIT_TEXT_SIZE];

	duration_text(idle, segment_idle(&selection->judge, segment));
	note("%s skipped: it does not match the filters (%s, idle for %s)", SEGMENT_LABEL(segment),
	     state_name(segment->state), idle);
}

/*
 * Whether the segment is not orphaned only because it records process 0, one of a PID namespace
 * that cannot be seen, and would match the filters otherwise.
 */
static bool is_unseen(struct selection *selection, const struct filter *filter,
		      const struct segment *segment)
{
	struct holders *holders = selection->holders_known ? &selection->holders : NULL;
	struct segment orphaned = *segment;

	if (segment->state != STATE_DETACHED ||
	    (segment->cpid && (segment->lpid || segment_never_used(segment))) ||
	    segment_idle(&selection->judge, segment) * 1000 < selection->judge.grace)
		return false;
	orphaned.state = STATE_ORPHANED;
	return filter_matches(filter, &orphaned, &selection->judge, holders);
}

/* Whether the segment would be orphaned, and match the filters, after the grace period. */
static bool is_fresh(struct selection *selection, const struct filter *filter,
		     const struct segment *segment)
{
	struct holders *holders = selection->holders_known ? &selection->holders : NULL;
	struct judge *judge = &selection->judge;
	struct segment later = *segment;
	int64_t grace = judge->grace;

	if (segment->state != STATE_DETACHED || segment_idle(judge, segment) * 1000 >= grace)
		return false;
	judge->grace = 0;
	judge_segment(judge, &later);
	judge->grace = grace;
	return later.state == STATE_ORPHANED && filter_matches(filter, &later, judge, holders);
}

/* Whether the segment does not match the filters only because its resident memory is unknown. */
static bool is_unmeasured(struct selection *selection, const struct filter *filter,
			  const struct segment *segment)
{
	struct holders *holders = selection->holders_known ? &selection->holders : NULL;
	struct segment large = *segment;

	if (segment->memory_known || !filter_needs_memory(filter))
		return false;
	large.memory_known = true;
	large.rss = UINT64_MAX;
	return filter_matches(filter, &large, &selection->judge, holders);
}

/* Drops all segments from the list that do not match the filters. */
static void keep_matches(struct selection *selection, const struct choice *choice)
{
	const struct filter *filter = &choice->filter;
	struct listing *list = &selection->list;
	struct holders *holders = selection->holders_known ? &selection->holders : NULL;
	size_t missing_at = selection->missing_at;
	size_t unmeasured = 0;
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct segment *segment = &list->items[i];

		if (selection->missing && i == missing_at)
			selection->missing_at = kept;
		judge_segment(&selection->judge, segment);
		if (!filter_matches(filter, segment, &selection->judge, holders)) {
			if (choice->verbose && choice->named.count)
				report_skipped(selection, segment);
			unmeasured += is_unmeasured(selection, filter, segment);
			selection->unseen += is_unseen(selection, filter, segment);
			selection->fresh += is_fresh(selection, filter, segment);
			continue;
		}
		/* the list is in the order of the namespaces */
		selection->inhabited += !kept || list->items[kept - 1].ns != segment->ns;
		if (kept != i)
			list->items[kept] = *segment;
		kept++;
	}
	if (selection->missing && missing_at == list->count)
		selection->missing_at = kept;
	list->count = kept;
	if (unmeasured)
		warn("--min-rss does not match %zu segment%s whose resident memory is unknown",
		     unmeasured, unmeasured == 1 ? "" : "s");
}

/* A list with an index, for finding named segments. */
struct searched {
	const struct listing *list; /* NULL: no list was read */
	struct intmap by_id;
};

static const struct segment *find_in_list(const struct searched *all, const struct segment_ref *ref)
{
	if (ref->kind == REF_ID)
		return intmap_get(&all->by_id, (uint32_t)ref->id);
	/* if a saved list has the same key several times, the first counts */
	for (size_t i = 0; i < all->list->count; i++) {
		const struct segment *segment = &all->list->items[i];

		if (!segment->dest && segment->key == ref->key)
			return segment;
	}
	return NULL;
}

/* Adds what only the list shows to a segment that was looked up. */
static void add_memory(const struct searched *all, struct segment *segment)
{
	const struct segment *found = intmap_get(&all->by_id, (uint32_t)segment->id);

	if (!found || !segment_is_same(found, segment))
		return; /* GCOVR_EXCL_LINE: rarely: removed in the meantime */
	segment->memory_known = found->memory_known;
	segment->rss = found->rss;
	segment->swap = found->swap;
}

/* Finds a named segment: by a system call if by_itself or without a list, otherwise in the list. */
static int find_named(const struct segment_ref *ref, const struct searched *all, bool by_itself,
		      struct segment *segment)
{
	const struct segment *found;
	int error;

	if (by_itself || !all->list) {
		error = look_up_segment(ref, segment);
		if (!error && all->list)
			add_memory(all, segment);
		return error;
	}
	found = find_in_list(all, ref);
	if (found)
		*segment = *found;
	return found ? 0 : EINVAL;
}

/* Finds all named segments. */
static void look_for_named(struct selection *selection, const struct segment_refs *named,
			   const struct searched *all, const struct source *source)
{
	struct listing *chosen = &selection->list;
	/* if the list was read only for the filters, it is not used for named segments */
	const bool by_itself = source->named_by_itself || !(source->memory || source->saved);
	struct intmap seen = { 0 }; /* by id */

	for (size_t i = 0; i < named->count; i++) {
		const struct segment_ref *ref = &named->items[i];
		struct segment segment = { 0 };
		int error = ref->path_error ? 0 : find_named(ref, all, by_itself, &segment);
		enum status status = ref->path_error
					     ? key_path_failed(ref->word, ref->path_error, NULL)
					     : STATUS_DONE;

		/* a segment that is named twice is listed once */
		if (!error && !status && !intmap_get(&seen, (uint32_t)segment.id)) {
			error = intmap_add(&seen, (uint32_t)segment.id, &named->items[i]);
			if (!error)
				error = listing_add(chosen, &segment);
		}
		if (error && segment_missing(error) && source->saved)
			status = fail(STATUS_MISSING, "no segment %s in the list", ref->word);
		else if (error && !(segment_missing(error) && source->missing_is_no_error))
			status = lookup_failed(ref, error);
		if (status && !selection->missing) {
			selection->missing = status;
			selection->missing_at = chosen->count;
		}
	}
	intmap_free(&seen, NULL);
}

static enum status choose_named(struct selection *selection, const struct segment_refs *named,
				const struct listing *list, const struct source *source)
{
	struct searched all = { .list = list };
	int error = list ? listing_index(list, &all.by_id) : 0;

	if (!error)
		look_for_named(selection, named, &all, source);
	intmap_free(&all.by_id, NULL);
	return error ? fail(STATUS_EXHAUSTED, "not enough memory") : STATUS_DONE;
}

/* An --except of a segment that does not exist is accepted, but may have been meant as a key. */
static void look_at_exceptions(const struct choice *choice)
{
	const struct segment_refs *except = &choice->filter.except;
	struct segment segment;

	for (size_t i = 0; i < except->count; i++) {
		if (segment_missing(look_up_segment(&except->items[i], &segment)))
			hint_at_key(&except->items[i]);
	}
}

static enum status read_everywhere(struct selection *selection, struct listing *all,
				   const struct choice *choice, const struct source *source)
{
	struct namespaces excepted = { 0 };
	enum status status = open_excepted(&excepted, &choice->filter);

	selection->namespaces.with_names = source->needs & NEEDS_NAMES;
	selection->namespaces.with_limits = source->limits;
	if (!status)
		status = all_namespaces_read(
			&selection->namespaces, all, &excepted, choice_depends_on_users(choice),
			&selection->judge.processes.losses, &selection->missing);
	namespaces_free(&excepted);
	if (!status && choice->keep.files.count)
		status = keep_files_find(&selection->namespaces, all, &choice->keep.files,
					 choice->nothing_done, &selection->judge.processes.losses,
					 &selection->missing);
	return status;
}

enum status select_segments(struct selection *selection, const struct choice *choice,
			    const struct source *source)
{
	struct listing all = { 0 };
	struct listing_fault fault;
	bool need_list = choice->named.count == 0 || source->saved || source->memory ||
			 filter_needs_memory(&choice->filter);
	enum status status = STATUS_DONE;

	*selection = (struct selection){ 0 };
	judge_begin(&selection->judge, choice->filter.grace, source->saved != NULL);
	selection->judge.likely = filter_needs_likely(&choice->filter);
	selection->judge.keep = &choice->keep;
	if (!source->saved && !choice->filter.all_namespaces)
		look_at_exceptions(choice);
	if (choice->filter.all_namespaces) {
		status = read_everywhere(selection, &all, choice, source);
	} else if (source->saved) {
		status = read_saved(&all, source->saved);
	} else if (need_list && listing_read(&all, &fault)) {
		/* on a system that cannot list segments, named ones can still be looked up */
		need_list = fault.error != EOPNOTSUPP || !choice->named.count;
		status = need_list ? list_failed(&fault) : STATUS_DONE;
	}
	if (status) {
		listing_free(&all);
		return status;
	}
	if (choice->named.count == 0) {
		selection->list = all;
	} else {
		status = choose_named(selection, &choice->named, need_list ? &all : NULL, source);
		listing_free(&all);
	}
	if (status)
		return status;
	if (!source->saved && (source->needs | filter_needs(&choice->filter)) & NEEDS_HOLDERS)
		look_for_holders(selection);
	read_processes(selection, filter_needs(&choice->filter));
	keep_matches(selection, choice);
	read_processes(selection, source->needs);
	if (selection->holders_known && source->needs & NEEDS_PRESENT)
		read_present(selection);
	return STATUS_DONE;
}

enum status missing_before(const struct selection *selection, size_t index)
{
	return index >= selection->missing_at ? selection->missing : STATUS_DONE;
}

void report_fresh(const struct selection *selection, const struct choice *choice)
{
	char grace[UNIT_TEXT_SIZE];
	size_t count = selection->fresh;

	if (!count || !(choice->verbose || isatty(STDERR_FILENO)))
		return;
	duration_text(grace, selection->judge.grace / 1000);
	remark("%zu segment%s not orphaned yet: idle for less than the grace period (%s)", count,
	       count == 1 ? " is" : "s are", grace);
	hint("try again later, or set a shorter grace period with --grace TIME");
}

void selection_free(struct selection *selection)
{
	listing_free(&selection->list);
	holders_free(&selection->holders);
	namespaces_free(&selection->namespaces);
	judge_end(&selection->judge);
}
