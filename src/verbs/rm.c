/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm: remove segments by id, by key or by filter. */
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "shm/system/array.h"
#include "shm/system/signals.h"
#include "text/json.h"
#include "text/parse_segment.h"
#include "verbs/common/namespaces.h"
#include "verbs/rm_confirm.h"
#include "verbs/rm_removal.h"
#include "verbs/rm_unchecked.h"
#include "verbs/verb.h"

enum {
	CODE_ID = 'm',
	CODE_KEY = 'M',
	CODE_DRY_RUN = 'n',
	CODE_INTERACTIVE = 'i',
	CODE_FORCE = 'f',
	CODE_JSON = 'J',
	CODE_QUIET = 'q',
	CODE_WITH_GUARD = 256,
};

static const struct poptOption rm_options[] = {
	OPTION_FLAG("dry-run", 'n', CODE_DRY_RUN, "show what would be removed, but remove nothing"),
	OPTION_FLAG("interactive", 'i', CODE_INTERACTIVE,
		    "show what would be removed, and ask before it is removed"),
	OPTION_FLAG("force", 'f', CODE_FORCE, "ignore segments that do not exist"),
	OPTION_FLAG("json", 'J', CODE_JSON, "print the results as JSON"),
	OPTION_FLAG("quiet", 'q', CODE_QUIET, "do not list what was removed"),
	OPTION_FLAG("with-guard", '\0', CODE_WITH_GUARD,
		    "also remove the guard semaphore of each SEGMENT"),
	OPTION_VALUE("shmem-id", 'm', CODE_ID, "remove ID even if it is attached (as ipcrm -m)",
		     "ID"),
	OPTION_VALUE("shmem-key", 'M', CODE_KEY, "remove KEY even if it is attached (as ipcrm -M)",
		     "KEY"),
	OPTION_TABLE(filter_options, FILTER_TITLE),
	OPTION_TABLE(modifier_options_of_rm, MODIFIER_TITLE),
	OPTION_END,
};

static const struct flag rm_flags[] = {
	{ CODE_DRY_RUN, offsetof(struct rm_options, dry_run) },
	{ CODE_INTERACTIVE, offsetof(struct rm_options, interactive) },
	{ CODE_FORCE, offsetof(struct rm_options, force) },
	{ CODE_JSON, offsetof(struct rm_options, json) },
	{ CODE_QUIET, offsetof(struct rm_options, quiet) },
	{ CODE_WITH_GUARD, offsetof(struct rm_options, with_guard) },
	{ 0, 0 },
};

static const char *rm_option(void *state, int code, const char *value);
static enum status rm_run(int argc, char **argv);

const struct verb verb_rm = {
	.name = "rm",
	.command = {
		.usage = "[OPTION...] SEGMENT...|FILTER...",
		.summary = "remove segments by id, by key or by filter",
		.epilogue = "\nAttached segments are not removed unless you ask for it. Preview first:\n"
			    "  shmtool rm --orphaned -n\n"
			    "  shmtool rm --orphaned",
		.options = rm_options,
		.flags = rm_flags,
		.handle = rm_option,
		.operands = OPERANDS_SEGMENTS,
	},
	.run = rm_run,
};

static const char *add_as_ipcrm(struct rm_options *options, int code, const char *value)
{
	struct segment_ref ref = { .kind = REF_KEY, .word = value };
	struct segment_refs *refs = &options->as_ipcrm;
	const char *wrong;
	int file_error;

	if (code == CODE_KEY) {
		wrong = parse_key_or_file(value, &ref.key, &file_error);
	} else {
		wrong = parse_segment(value, &ref, &file_error);
		if (wrong || ref.kind != REF_ID)
			wrong = "not an id (decimal digits; -M removes by key)";
	}
	if (wrong)
		return wrong;
	if (file_error)
		filter_note_path(&options->choice.filter, value, file_error);
	if (ARRAY_MAKE_ROOM(refs))
		return out_of_memory;
	refs->items[refs->count++] = ref;
	return NULL;
}

static const char *rm_option(void *state, int code, const char *value)
{
	struct rm_options *options = state;

	switch (code) {
	case CODE_ID:
	case CODE_KEY:
		return add_as_ipcrm(options, code, value);
	default:
		return filter_option(&options->choice.filter, code, value);
	}
}

/* Selects the segments, and looks up the names that their lines will show. */
static void choose(struct report *report, struct selection *selection)
{
	const struct rm_options *options = report->options;
	const struct source source = {
		.missing_is_no_error = options->force,
		.memory = options->json,
		/* lines have only the pid of the creator */
		.needs = NEEDS_NAMES |
			 (options->json ? NEEDS_CREATORS | NEEDS_LAST_USERS | NEEDS_ORIGINS : 0),
		.named_by_itself = true,
	};

	/* find_unchecked() may have set it already */
	status_keep_first(&report->status, select_segments(selection, &options->choice, &source));
	report->view.judge = &selection->judge;
	for (size_t i = 0; i < selection->list.count; i++)
		report_prepare(report, &selection->list.items[i]);
}

static void end_report(struct report *report)
{
	if (!signals_came())
		report_total(report);
	if (report->options->json)
		json_end(&report->output);
	report->status = output_end(&report->output, report->status);
	report_denied(report);
	free(report->removed);
	status_keep_first(&report->status, view_end(&report->view));
	holders_free(&report->holders);
	scan_losses_free(&report->losses);
}

static void remove_found(struct report *report, const struct segment *unchecked,
			 struct selection *selection)
{
	if (report->options->interactive)
		confirm_removal(report, selection);
	/* continue if stderr has no reader; for stdout, output_end() handles that */
	signal(SIGPIPE, SIG_IGN);
	/* from here on, a signal ends the program only after what was done is reported */
	signals_begin(signals_others);
	remove_unchecked(report, unchecked);
	remove_chosen(report, selection);
	if (report->worker_lost || report->output.error || signals_came())
		report_without_lines(report);
	else
		report_unseen(report, selection->unseen);
}

static enum status rm(const struct rm_options *options)
{
	static struct report report;
	struct selection selection = { 0 };
	struct segment *unchecked;
	struct judge judge;
	bool none;

	report.options = options;
	report.by_filter = filter_given(&options->choice.filter);
	judge_begin(&judge, options->choice.filter.grace, false);
	view_begin(&report.view, &judge);
	choice_prepare_view(&options->choice, &report.view);
	report.view.unambiguous = !options->json;
	output_begin(&report.output, STDOUT_FILENO);
	if (options->json)
		json_begin(&report.output, "results");
	unchecked = find_unchecked(&report);
	if (options->choice.named.count || report.by_filter)
		choose(&report, &selection);
	none = !selection.list.count && !selection.missing;
	report.removed =
		calloc(options->as_ipcrm.count + selection.list.count + 1, sizeof(*report.removed));
	if (report.removed)
		remove_found(&report, unchecked, &selection);
	else
		report.status = fail(STATUS_EXHAUSTED, "not enough memory; nothing was removed");
	end_report(&report);
	if (!signals_came())
		report_nothing_removed(&report, &selection, none);
	free(unchecked);
	selection_free(&selection);
	judge_end(&judge);
	signals_end();
	return report.status;
}

static enum status check_interactive(const struct rm_options *options)
{
	if (!options->interactive)
		return STATUS_DONE;
	if (options->dry_run || options->json || options->quiet)
		return fail(STATUS_USAGE, "-i cannot be combined with -n, -J or -q");
	/* until the answer comes, the id can be reused, which -m does not check */
	if (options->as_ipcrm.count)
		return fail(STATUS_USAGE, "-i cannot be combined with -m or -M");
	if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		return STATUS_DONE;
	fail(STATUS_USAGE, "-i requires a terminal as standard input and standard error");
	hint("preview with -n, then run the same command without it");
	return STATUS_USAGE;
}

static enum status check_options(const struct rm_options *options)
{
	const bool filters = filter_given(&options->choice.filter);
	const bool as_ipcrm = options->as_ipcrm.count;

	if (!options->choice.named.count && !as_ipcrm && !filters) {
		fail(STATUS_USAGE, "no SEGMENT or filter given (options such as --grace, --except "
				   "and --keep select nothing by themselves)");
		return usage_hint();
	}
	if (as_ipcrm && options->choice.filter.all_namespaces)
		return fail(STATUS_USAGE, "--all-namespaces (-A) cannot be combined with -m or -M");
	if (as_ipcrm && filters)
		return fail(
			STATUS_USAGE,
			"-m and -M cannot be combined with filters; give the id as SEGMENT instead");
	if (as_ipcrm && filter_has_exceptions(&options->choice.filter))
		return fail(STATUS_USAGE, "--except cannot be combined with -m or -M");
	if (!filters &&
	    (options->choice.filter.keep_given || options->choice.filter.keep_files.count)) {
		fail(STATUS_USAGE, "--keep and --keep-file require a filter: a SEGMENT that is "
				   "given is removed even if it is in a keep list");
		hint("keep lists apply to filters such as --orphaned; preview with -n");
		return STATUS_USAGE;
	}
	if (!filters && options->choice.filter.grace_given)
		return fail(STATUS_USAGE, "--grace requires a filter such as --orphaned: a SEGMENT "
					  "that is given is removed at once");
	if (options->with_guard && (as_ipcrm || filters))
		return fail(
			STATUS_USAGE,
			"--with-guard requires SEGMENTs and cannot be combined with filters, -m or -M");
	if (options->quiet && options->choice.filter.all_namespaces)
		return fail(STATUS_USAGE, "--all-namespaces (-A) cannot be combined with -q");
	return check_interactive(options);
}

static enum status rm_run(int argc, char **argv)
{
	struct rm_options options = { 0 };
	struct operands operands;
	enum status status;

	choice_begin(&options.choice);
	options.choice.nothing_done = "nothing was removed";
	options.choice.may_be_everywhere = true;
	if (options_read(&verb_rm.command, argc, argv, &options, &operands, &status)) {
		options.verbose = operands.verbose;
		status = choice_read(&options.choice, &operands);
		if (!status)
			status = check_options(&options);
		if (!status)
			status = choice_read_keep(&options.choice);
		if (!status)
			status = enter_namespace(&operands,
						 choice_depends_on_users(&options.choice));
		options.choice.users_unknown = operands.users_unknown;
		if (!status)
			status = rm(&options);
		operands_free(&operands);
	}
	free(options.as_ipcrm.items);
	choice_free(&options.choice);
	return status;
}
