/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ls: list segments, or the kernel's limits for them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text/footer.h"
#include "text/format.h"
#include "text/limits_text.h"
#include "text/parse.h"
#include "text/prometheus.h"
#include "text/segment_json.h"
#include "text/table.h"
#include "text/totals.h"
#include "verbs/common/namespaces.h"
#include "verbs/ls_follow.h"
#include "verbs/ls_limits.h"
#include "verbs/verb.h"

enum {
	CODE_TIMES = 't',
	CODE_PIDS = 'p',
	CODE_CREATORS = 'c',
	CODE_MEMORY = 'm',
	CODE_LIMITS = 'l',
	CODE_SUMMARY = 'u',
	CODE_FIELDS = 'o',
	CODE_JSON = 'J',
	CODE_RAW = 'r',
	CODE_QUIET = 'q',
	CODE_BYTES = 'b',
	CODE_FIELD_HELP = 'H',
	CODE_SORT = 256,
	CODE_BY,
	CODE_FORMAT,
	CODE_FROM,
	CODE_NUMERIC,
	CODE_TIME_FORMAT,
	CODE_NO_HEADER,
	CODE_FAIL_EMPTY,
	CODE_PROMETHEUS,
	CODE_COLOR,
	CODE_WARN,
	CODE_FOLLOW,
	CODE_INTERVAL,
};

static const struct poptOption column_options[] = {
	OPTION_VALUE("output", 'o', CODE_FIELDS,
		     "show these columns (-H lists the fields); with + these as well",
		     "[+]FIELD,..."),
	OPTION_FLAG(NULL, 't', CODE_TIMES, "show the last attach, detach and change times"),
	OPTION_FLAG(NULL, 'p', CODE_PIDS, "show the creator and last-user processes"),
	OPTION_FLAG(NULL, 'c', CODE_CREATORS, "show creators and owners"),
	OPTION_HIDDEN_FLAG(NULL, 'm', CODE_MEMORY),
	OPTION_VALUE("sort", '\0', CODE_SORT, "sort by these fields; - reverses the order",
		     "[-]FIELD,..."),
	OPTION_FLAG("list-fields", 'H', CODE_FIELD_HELP, "list the available fields"),
	OPTION_END,
};

static const struct poptOption format_options[] = {
	OPTION_FLAG("json", 'J', CODE_JSON, "print JSON"),
	OPTION_FLAG("raw", 'r', CODE_RAW, "print exact values, separated by tabs"),
	OPTION_FLAG("quiet", 'q', CODE_QUIET, "print ids only"),
	OPTION_VALUE("format", '\0', CODE_FORMAT,
		     "print FORMAT for each segment: \"%{id} %{size}\"", "FORMAT"),
	OPTION_FLAG("prometheus", '\0', CODE_PROMETHEUS, "print metrics for Prometheus"),
	OPTION_FLAG("bytes", 'b', CODE_BYTES, "print sizes in bytes"),
	OPTION_FLAG("numeric", '\0', CODE_NUMERIC, "print numeric user and group ids"),
	OPTION_VALUE("time-format", '\0', CODE_TIME_FORMAT, "local (default), utc, epoch or ago",
		     "STYLE"),
	OPTION_VALUE("color", '\0', CODE_COLOR, "color states: auto (default), always or never",
		     "WHEN"),
	OPTION_FLAG("no-header", '\0', CODE_NO_HEADER, "omit the header and the summary"),
	OPTION_END,
};

static const struct poptOption mode_options[] = {
	OPTION_VALUE("from", '\0', CODE_FROM, "read a saved /proc/sysvipc/shm (- is stdin)",
		     "FILE"),
	OPTION_FLAG("follow", '\0', CODE_FOLLOW, "print changes as they happen"),
	OPTION_VALUE("interval", '\0', CODE_INTERVAL, "with --follow: time between checks (1s)",
		     "TIME"),
	OPTION_FLAG("fail-empty", '\0', CODE_FAIL_EMPTY, "exit with status 1 if nothing matches"),
	OPTION_FLAG("limits", 'l', CODE_LIMITS, "show the kernel's limits and current usage"),
	OPTION_FLAG("summary", 'u', CODE_SUMMARY,
		    "show totals only; with filters, of what matches"),
	OPTION_VALUE("by", '\0', CODE_BY, "show totals for each value of FIELD, largest first",
		     "FIELD"),
	OPTION_VALUE("warn", '\0', CODE_WARN,
		     "show only limits at or above PERCENT; exit with status 1 if there are any",
		     "PERCENT"),
	OPTION_END,
};

static const struct poptOption ls_options[] = {
	OPTION_TABLE(column_options, "Columns:"),
	OPTION_TABLE(format_options, "Format:"),
	OPTION_TABLE(mode_options, "Mode:"),
	OPTION_TABLE(filter_options, FILTER_TITLE),
	OPTION_TABLE(modifier_options_of_ls, MODIFIER_TITLE),
	OPTION_END,
};

static const struct flag ls_flags[] = {
	{ CODE_LIMITS, offsetof(struct ls_options, limits) },
	{ CODE_SUMMARY, offsetof(struct ls_options, summary) },
	{ CODE_JSON, offsetof(struct ls_options, json) },
	{ CODE_RAW, offsetof(struct ls_options, raw) },
	{ CODE_QUIET, offsetof(struct ls_options, quiet) },
	{ CODE_PROMETHEUS, offsetof(struct ls_options, prometheus) },
	{ CODE_BYTES, offsetof(struct ls_options, bytes) },
	{ CODE_NUMERIC, offsetof(struct ls_options, numeric) },
	{ CODE_NO_HEADER, offsetof(struct ls_options, no_header) },
	{ CODE_FOLLOW, offsetof(struct ls_options, follow) },
	{ CODE_FAIL_EMPTY, offsetof(struct ls_options, fail_empty) },
	{ CODE_FIELD_HELP, offsetof(struct ls_options, field_help) },
	{ 0, 0 },
};

static const char *ls_option(void *state, int code, const char *value);
static enum status ls_run(int argc, char **argv);

const struct verb verb_ls = {
	.name = "ls",
	.command = {
		.usage = "[OPTION...] [FILTER...] [SEGMENT...]",
		.summary = "list segments, or the kernel's limits",
		.options = ls_options,
		.flags = ls_flags,
		.handle = ls_option,
		.operands = OPERANDS_SEGMENTS,
	},
	.run = ls_run,
};

/* The columns of the default view, and of -t, -p and -c, which ipcs(1) also has. */
static const char default_columns[] = "id,key,owner,mode,size,nattch,state,idle,created-by";
static const char time_columns[] = "id,owner,atime,dtime,ctime";
static const char pid_columns[] = "id,owner,cpid,ccomm,cunit,lpid,lcomm,lunit";
static const char creator_columns[] = "id,mode,creator,creator-group,owner,group";

static const char *set_view(struct ls_options *options, const char *names)
{
	options->columns_given = false;
	options->view = names;
	return NULL;
}

static const char *set_fields(struct ls_options *options, const char *value)
{
	if (*value == '+')
		return add_fields(value + 1, &options->added);
	options->columns_given = true;
	return parse_fields(value, &options->columns);
}

/* Uses the columns of the view if none were given. With -A, also adds the namespace. */
static enum status complete_columns(struct ls_options *options)
{
	const char *wrong = NULL;

	if (!options->columns_given)
		wrong = parse_fields(options->view ? options->view : default_columns,
				     &options->columns);
	if (!wrong && !options->columns_given && options->choice.filter.all_namespaces)
		wrong = add_fields("ns,ns-name,ns-of", &options->columns);
	if (!wrong)
		wrong = append_fields(&options->added, &options->columns);
	if (options->json)
		field_list_drop_repeats(&options->columns);
	return wrong ? fail(status_of_wrong(wrong), "--output: %s", wrong) : STATUS_DONE;
}

static const char *set_interval(struct ls_options *options, const char *value)
{
	const char *wrong = parse_duration(value, &options->interval);

	return wrong || options->interval > 0 ? wrong : "must be greater than 0";
}

static const char *ls_option(void *state, int code, const char *value)
{
	struct ls_options *options = state;

	switch (code) {
	case CODE_TIMES:
		return set_view(options, time_columns);
	case CODE_PIDS:
		return set_view(options, pid_columns);
	case CODE_CREATORS:
		return set_view(options, creator_columns);
	case CODE_MEMORY:
		return NULL;
	case CODE_WARN:
		options->limits = true;
		options->warn = true;
		return parse_percent(value, &options->warn_percent);
	case CODE_FIELDS:
		return set_fields(options, value);
	case CODE_BY:
		options->by = find_field(value, strlen(value));
		return options->by ? NULL : no_such_field(value, strlen(value));
	case CODE_SORT:
		return parse_sort(value, &options->sort);
	case CODE_FORMAT:
		options->format = value;
		return check_format(value);
	case CODE_TIME_FORMAT:
		return parse_time_format(value, &options->times);
	case CODE_COLOR:
		return parse_color(value, &options->color);
	case CODE_FROM:
		options->from = value;
		return *value ? NULL : "empty name";
	case CODE_INTERVAL:
		return set_interval(options, value);
	default:
		return filter_option(&options->choice.filter, code, value);
	}
}

/* Prints the metrics. With -A, with the limits of each namespace that can be read. */
static enum status print_metrics(struct output *output, const struct ls_options *options,
				 struct selection *selection, struct view *view)
{
	const struct listing *list = &selection->list;
	struct limits_of here = { 0 };
	struct limits_of *limits = NULL;
	size_t count = 0;
	enum status status;

	if (!selection->namespaces.count) {
		status = read_limits(&here.limits, options->ns_path);
		return status ? status
			      : print_prometheus(output, view, list->items, list->count, &here, 1);
	}
	limits = namespaces_limits(&selection->namespaces, &count);
	if (!limits)
		return STATUS_EXHAUSTED;
	status = print_prometheus(output, view, list->items, list->count, limits, count);
	free(limits);
	return status;
}

/* How many namespaces could be listed. */
static size_t count_visited(const struct namespaces *namespaces)
{
	size_t count = 0;

	for (size_t i = 0; i < namespaces->count; i++)
		count += !namespaces->items[i].unread;
	return count;
}

/* Prints the table. On a terminal it fits the width and has a footer (with -A always). */
static enum status print_for_people(struct output *output, const struct ls_options *options,
				    const struct selection *selection, struct view *view)
{
	const struct listing *list = &selection->list;
	const struct terminal terminal = terminal_of(output->fd, options->color);
	const struct choice *choice = &options->choice;
	const bool everywhere = choice->filter.all_namespaces;
	const bool all = !choice->named.count && filter_shows_orphaned(&choice->filter);
	const struct footer footer = {
		.exact = options->bytes,
		.command = !all         ? NULL
			   : everywhere ? "shmtool rm -A --orphaned -n"
					: "shmtool rm --orphaned -n",
		.everywhere = everywhere,
		.visited = count_visited(&selection->namespaces),
		.inhabited = selection->inhabited,
	};

	view->color = terminal.color;
	view->width = terminal.width;
	if (print_table(output, view, &options->columns, list->items, list->count,
			!options->no_header))
		return fail(STATUS_EXHAUSTED, "cannot print the table: not enough memory");
	if ((terminal.here || everywhere) && !options->no_header)
		print_footer(output, &footer, list->items, list->count);
	return STATUS_DONE;
}

/* Whether people, and not programs, read what is printed. */
static bool is_for_people(const struct ls_options *options)
{
	return !options->prometheus && !options->json && !options->raw && !options->quiet &&
	       !options->format;
}

static enum status print_segments(struct output *output, const struct ls_options *options,
				  struct selection *selection, struct view *view)
{
	const struct listing *list = &selection->list;
	const struct field_list *columns = &options->columns;

	if (options->prometheus)
		return print_metrics(output, options, selection, view);
	if (shows_totals(options))
		return options->json ? print_totals_json(output, view, options->by, list->items,
							 list->count)
				     : print_totals(output, view, options->by, list->items,
						    list->count, !options->no_header);
	if (options->json) {
		print_json(output, view, options->columns_given ? columns : NULL, list->items,
			   list->count);
	} else if (options->raw) {
		print_raw(output, view, columns, list->items, list->count, !options->no_header);
	} else if (options->quiet || options->format) {
		for (size_t i = 0; i < list->count; i++)
			print_format(output, options->quiet ? "%{id}" : options->format, view,
				     &list->items[i]);
	} else {
		return print_for_people(output, options, selection, view);
	}
	return STATUS_DONE;
}

/* What is shown needs: JSON has all fields where none were chosen, but holders only on demand. */
static unsigned int needs_of_output(const struct ls_options *options)
{
	unsigned int needs = fields_need(&options->columns);

	if (options->format)
		return format_needs(options->format);
	if (shows_totals(options))
		return options->by ? options->by->needs : 0;
	if (options->quiet)
		return 0;
	if (options->prometheus)
		return NEEDS_NAMES;
	if (options->json && !options->columns_given)
		return NEEDS_NAMES | NEEDS_CREATORS | NEEDS_LAST_USERS | NEEDS_ORIGINS |
		       fields_need(&options->added);
	if (options->json && needs & NEEDS_HOLDERS)
		needs |= NEEDS_ORIGINS | NEEDS_PRESENT;
	return needs;
}

static enum status list_segments(struct output *output, struct ls_options *options)
{
	const struct source source = {
		.saved = options->from,
		.memory = true,
		.limits = options->prometheus,
		.needs = needs_of_output(options) | sort_needs(&options->sort),
	};
	struct selection selection;
	struct view view;
	enum status status = select_segments(&selection, &options->choice, &source);
	bool usable = !status;

	status_keep_first(&status, missing_before(&selection, SIZE_MAX));
	view_begin(&view, &selection.judge);
	if (source.needs & NEEDS_HOLDERS && selection.holders_known)
		view.holders = &selection.holders;
	view.exact = options->bytes;
	view.numeric = options->numeric;
	choice_prepare_view(&options->choice, &view);
	view.times = options->times;
	if (usable && options->fail_empty && selection.list.count == 0) {
		status_keep_first(&status, STATUS_NO);
		usable = false;
	}
	if (usable)
		status_keep_first(&status,
				  sort_segments(&view, &options->sort, selection.list.items,
						selection.list.count));
	if (usable)
		status_keep_first(&status, print_segments(output, options, &selection, &view));
	if (usable && is_for_people(options)) {
		output_flush(output);
		report_fresh(&selection, &options->choice);
	}
	status_keep_first(&status, view_end(&view));
	selection_free(&selection);
	return status;
}

static enum status ls(struct ls_options *options)
{
	static struct output output;
	enum status status = STATUS_DONE;

	output_begin(&output, STDOUT_FILENO);
	if (options->field_help)
		print_field_help(&output);
	else if (shows_system(options))
		status = print_limits_of_system(&output, options);
	else
		status = list_segments(&output, options);
	return output_end(&output, status);
}

static enum status ls_run(int argc, char **argv)
{
	struct ls_options options = { 0 };
	struct operands operands;
	enum status status;

	choice_begin(&options.choice);
	options.choice.may_be_everywhere = true;
	if (options_read(&verb_ls.command, argc, argv, &options, &operands, &status)) {
		status = choice_read(&options.choice, &operands);
		if (!status)
			status = check_ls_options(&options);
		if (!status)
			status = complete_columns(&options);
		if (!status && !options.field_help && !shows_system(&options))
			status = choice_read_keep(&options.choice);
		if (!status)
			/* the numbers in a saved list are those of another machine or time */
			status = enter_namespace(&operands,
						 !options.from &&
							 choice_depends_on_users(&options.choice));
		options.ns_path = operands.ns_path;
		options.choice.users_unknown = operands.users_unknown;
		options.verbose = operands.verbose;
		if (!status)
			status = options.follow && !options.field_help ? follow_segments(&options)
								       : ls(&options);
		operands_free(&operands);
	}
	field_list_free(&options.columns);
	field_list_free(&options.added);
	free(options.sort.items);
	choice_free(&options.choice);
	return status;
}
