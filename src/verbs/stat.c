/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stat: show everything known about segments. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shm/segment/control.h"
#include "text/format.h"
#include "text/holders_text.h"
#include "text/occupancy.h"
#include "text/parse.h"
#include "text/segment_json.h"
#include "text/terminal.h"
#include "text/verdict.h"
#include "verbs/common/lookup.h"
#include "verbs/common/namespaces.h"
#include "verbs/common/select.h"
#include "verbs/stat_wait.h"
#include "verbs/verb.h"

enum {
	CODE_FORMAT = 256,
	CODE_WAIT,
	CODE_TIMEOUT,
	CODE_HOLDERS,
	CODE_MAP,
	CODE_JSON = 'J',
	CODE_QUIET = 'q',
};

static const struct poptOption stat_options[] = {
	OPTION_VALUE("format", '\0', CODE_FORMAT,
		     "print FORMAT for each segment: \"%{id} %{state}\"", "FORMAT"),
	OPTION_FLAG("json", 'J', CODE_JSON, "print JSON"),
	OPTION_FLAG("quiet", 'q', CODE_QUIET, "print nothing; only set the exit status"),
	OPTION_FLAG("holders", '\0', CODE_HOLDERS,
		    "list the attached processes (default for a SEGMENT)"),
	OPTION_FLAG("map", '\0', CODE_MAP,
		    "draw which parts are in memory, in swap or unallocated"),
	OPTION_VALUE("wait", '\0', CODE_WAIT,
		     "wait until the segment exists, is gone, attached or detached", "CONDITION"),
	OPTION_VALUE("timeout", '\0', CODE_TIMEOUT, "wait at most TIME, then exit with status 8",
		     "TIME"),
	OPTION_TABLE(filter_options, FILTER_TITLE),
	OPTION_TABLE(modifier_options_of_ls, MODIFIER_TITLE),
	OPTION_END,
};

struct stat_options {
	struct choice choice;
	const char *format;
	bool json;
	bool quiet;
	bool holders;
	bool map;
	enum wait_condition wait;
	int64_t timeout; /* milliseconds; -1: without end */
};

static const struct flag stat_flags[] = {
	{ CODE_JSON, offsetof(struct stat_options, json) },
	{ CODE_QUIET, offsetof(struct stat_options, quiet) },
	{ CODE_HOLDERS, offsetof(struct stat_options, holders) },
	{ CODE_MAP, offsetof(struct stat_options, map) },
	{ 0, 0 },
};

static const char *stat_option(void *state, int code, const char *value);
static enum status stat_run(int argc, char **argv);

const struct verb verb_stat = {
	.name = "stat",
	.command = {
		.usage = "[OPTION...] SEGMENT...|FILTER...",
		.summary = "show everything known about segments, or wait for one",
		.options = stat_options,
		.flags = stat_flags,
		.handle = stat_option,
		.operands = OPERANDS_SEGMENTS,
	},
	.run = stat_run,
};

static const char *set_wait(struct stat_options *options, const char *value)
{
	size_t which;

	if (!parse_choice(stat_conditions, value, &which))
		return "not a condition (exists, gone, attached, detached)";
	options->wait = (enum wait_condition)(which + 1);
	return NULL;
}

static const char *stat_option(void *state, int code, const char *value)
{
	struct stat_options *options = state;

	switch (code) {
	case CODE_FORMAT:
		options->format = value;
		return check_format(value);
	case CODE_WAIT:
		return set_wait(options, value);
	case CODE_TIMEOUT:
		return parse_duration(value, &options->timeout);
	default:
		return filter_option(&options->choice.filter, code, value);
	}
}

/* Width of a label with the spaces around it. */
enum { LABEL_WIDTH = 16 };

/* Indentation of a map: small, to use the width of the line. */
enum { MAP_MARGIN = 2 };

static void print_label(struct output *output, const char *label)
{
	output_format(output, "  %-*s ", LABEL_WIDTH - 3, label);
}

static void print_bytes(struct output *output, const char *label, uint64_t bytes)
{
	char text[UNIT_TEXT_SIZE];

	size_text(text, bytes);
	print_label(output, label);
	output_format(output, "%s (%s)\n", text, BYTES(bytes));
}

static void print_time(struct output *output, const struct view *view, const char *label,
		       int64_t time)
{
	char absolute[UNIT_TEXT_SIZE];
	char ago[UNIT_TEXT_SIZE];

	print_label(output, label);
	if (!time) {
		output_text(output, "never\n");
		return;
	}
	time_text(absolute, time, TIME_LOCAL, view->judge->now);
	ago_text(ago, view->judge->now - time);
	output_format(output, "%s (%s)\n", absolute, ago);
}

static void print_owner(struct output *output, struct view *view, const struct segment *segment,
			const char *label, uid_t uid, gid_t gid)
{
	print_label(output, label);
	output_escaped(output, user_of_segment(view, segment, uid));
	output_format(output, " (uid %u), group ", uid);
	output_escaped(output, group_of_segment(view, segment, gid));
	output_format(output, " (gid %u)\n", gid);
}

/* Prints the group about the segment's identity. */
static void print_identity(struct output *output, const struct segment *segment)
{
	const char *why = segment->dest ? "none (marked for removal)" : "none (private)";

	output_format(output, "segment %d", segment->id);
	if (segment->ns) {
		output_text(output, " in IPC namespace ");
		output_escaped(output, NAMESPACE_LABEL(segment->ns));
	}
	output_char(output, '\n');
	print_label(output, "key");
	if (segment->key)
		output_format(output, "0x%08x\n", (unsigned int)segment->key);
	else
		output_format(output, "%s\n", why);
}

static void print_rights(struct output *output, struct view *view, const struct segment *segment)
{
	char perms[UNIT_TEXT_SIZE];

	perms_text(perms, segment->mode);
	output_text(output, "permissions\n");
	print_owner(output, view, segment, "owner", segment->uid, segment->gid);
	print_owner(output, view, segment, "creator", segment->cuid, segment->cgid);
	print_label(output, "mode");
	output_format(output, "0%03o (%s)\n", segment->mode, perms);
}

static void print_pages(struct output *output, uint64_t page)
{
	char text[UNIT_TEXT_SIZE];

	print_label(output, "huge pages");
	size_text(text, page);
	if (!page)
		output_text(output, "unknown (no attached process to ask)\n");
	else if (page == (uint64_t)sysconf(_SC_PAGESIZE))
		output_text(output, "no\n");
	else
		output_format(output, "yes, of %s\n", text);
}

static void print_memory(struct output *output, struct view *view, const struct segment *segment,
			 bool with_holders)
{
	output_text(output, "memory\n");
	print_bytes(output, "size", segment->size);
	if (segment->memory_known) {
		print_bytes(output, "resident", segment->rss);
		print_bytes(output, "swapped", segment->swap);
	}
	if (with_holders)
		print_pages(output, holders_page(view, segment));
	print_label(output, "locked");
	output_text(output, segment->locked ? "yes\n" : "no\n");
}

static void print_use(struct output *output, const struct view *view, const struct segment *segment)
{
	output_text(output, "use\n");
	print_label(output, "attached");
	output_format(output, "%" PRIu64 "\n", segment->nattch);
	print_time(output, view, "last attach", segment->atime);
	print_time(output, view, "last detach", segment->dtime);
	print_time(output, view, "changed", segment->ctime);
}

static void print_processes(struct output *output, struct view *view, const struct segment *segment,
			    bool with_holders)
{
	output_text(output, "processes\n");
	print_label(output, "created by");
	print_recorded(output, view, segment, ROLE_CREATOR, LABEL_WIDTH);
	print_label(output, "last used by");
	if (segment_never_used(segment))
		output_text(output, "(never used)\n");
	else
		print_recorded(output, view, segment, ROLE_LAST_USER, LABEL_WIDTH);
	if (with_holders) {
		print_label(output, "holders");
		print_holders(output, view, segment, LABEL_WIDTH);
	}
}

/* Prints everything about a segment, in groups. */
static void print_segment(struct output *output, struct view *view, const struct segment *segment,
			  bool with_holders)
{
	print_identity(output, segment);
	print_rights(output, view, segment);
	print_memory(output, view, segment, with_holders);
	print_use(output, view, segment);
	print_processes(output, view, segment, with_holders);
	output_text(output, "verdict\n  ");
	print_verdict(output, view, segment);
}

static bool wants_holders(const struct stat_options *options)
{
	return options->holders || options->choice.named.count;
}

static unsigned int needs_of_output(const struct stat_options *options)
{
	if (options->quiet)
		return 0;
	if (options->format)
		return format_needs(options->format);
	return NEEDS_NAMES | NEEDS_CREATORS | NEEDS_LAST_USERS | NEEDS_ORIGINS |
	       (wants_holders(options) ? NEEDS_HOLDERS | NEEDS_PRESENT : 0);
}

/* Prints the map, the only part of stat that examines the contents. */
static enum status print_map(struct output *output, const struct segment *segment)
{
	struct segment before;
	struct memory memory = { 0 };
	/* the report may be read page by page, so the segment was listed long ago */
	int error = segment_look_again(segment, &before);

	if (!error)
		error = memory_open(&memory, &before, false);
	/* the report must appear before messages about its last part */
	if (error || memory.attached)
		output_flush(output);
	warn_of_trace("reading", &before, memory.trace);
	if (!error) {
		output_text(output, "map\n");
		error = print_occupancy(output, &memory,
					terminal_of(STDOUT_FILENO, COLOR_NEVER).width, MAP_MARGIN);
		if (memory.attached)
			warn_of_detach("reading", segment);
		memory_close(&memory);
	}
	return error ? segment_failed("examine the contents of", segment, error) : STATUS_DONE;
}

static enum status print_all(struct output *output, const struct stat_options *options,
			     struct selection *selection, struct view *view)
{
	struct listing *list = &selection->list;
	enum status status = STATUS_DONE;

	if (options->json) {
		print_json(output, view, NULL, list->items, list->count);
		return status;
	}
	for (size_t i = 0; i < list->count; i++) {
		if (options->format) {
			print_format(output, options->format, view, &list->items[i]);
			continue;
		}
		if (i)
			output_char(output, '\n');
		print_segment(output, view, &list->items[i], wants_holders(options));
		if (options->map)
			status_keep_first(&status, print_map(output, &list->items[i]));
	}
	return status;
}

static enum status stat_segments(const struct stat_options *options)
{
	const struct source source = { .memory = true, .needs = needs_of_output(options) };
	static struct output output;
	struct selection selection;
	struct view view;
	enum status status = select_segments(&selection, &options->choice, &source);

	view_begin(&view, &selection.judge);
	choice_prepare_view(&options->choice, &view);
	if (source.needs & NEEDS_HOLDERS && selection.holders_known)
		view.holders = &selection.holders;
	output_begin(&output, STDOUT_FILENO);
	status_keep_first(&status, missing_before(&selection, SIZE_MAX));
	if (!options->quiet)
		status_keep_first(&status, print_all(&output, options, &selection, &view));
	status_keep_first(&status, view_end(&view));
	selection_free(&selection);
	return output_end(&output, status);
}

static enum status check_options(const struct stat_options *options)
{
	if (options->json + options->quiet + (options->format != NULL) > 1)
		return fail(STATUS_USAGE, "only one of -J, -q and --format may be given");
	if (options->map && (options->json || options->quiet || options->format || options->wait))
		return fail(STATUS_USAGE,
			    "--map cannot be combined with -J, -q, --format or --wait");
	if (options->map && options->choice.filter.all_namespaces)
		return fail(STATUS_USAGE, "--map cannot be combined with --all-namespaces (-A)");
	if (options->wait == WAIT_GONE && (options->json || options->format))
		return fail(STATUS_USAGE, "--wait gone cannot be combined with -J or --format");
	if (options->timeout >= 0 && !options->wait)
		return fail(STATUS_USAGE, "--timeout requires --wait");
	if (options->wait &&
	    (filter_given(&options->choice.filter) || !options->choice.named.count ||
	     filter_has_exceptions(&options->choice.filter)))
		return fail(STATUS_USAGE,
			    "--wait requires SEGMENTs and cannot be combined with filters or "
			    "--except");
	if (options->choice.named.count || filter_given(&options->choice.filter))
		return STATUS_DONE;
	fail(STATUS_USAGE, "no SEGMENT or filter given");
	return usage_hint();
}

static enum status stat_run(int argc, char **argv)
{
	struct stat_options options = { .timeout = -1 };
	struct operands operands;
	enum status status;
	bool reports;

	choice_begin(&options.choice);
	options.choice.may_be_everywhere = true;
	if (options_read(&verb_stat.command, argc, argv, &options, &operands, &status)) {
		status = choice_read(&options.choice, &operands);
		if (!status)
			status = check_options(&options);
		/* after --wait, the report is printed only if a format was requested */
		reports = !options.wait || options.json || options.format;
		if (!status && reports)
			status = choice_read_keep(&options.choice);
		if (!status)
			status = enter_namespace(&operands,
						 choice_depends_on_users(&options.choice));
		options.choice.users_unknown = operands.users_unknown;
		if (!status && options.wait)
			status = wait_for(options.wait, &options.choice.named, options.timeout,
					  options.quiet);
		if (!status && reports)
			status = stat_segments(&options);
		operands_free(&operands);
	}
	choice_free(&options.choice);
	return status;
}
