/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm: remove segments, by name or by filter. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "shm/process/child.h"
#include "shm/process/visit.h"
#include "text/json.h"
#include "text/parse_segment.h"
#include "verbs/common/namespaces.h"
#include "verbs/rm_removal.h"
#include "verbs/verb.h"

enum {
	CODE_ID = 'm',
	CODE_KEY = 'M',
	CODE_DRY_RUN = 'n',
	CODE_FORCE = 'f',
	CODE_JSON = 'J',
	CODE_QUIET = 'q',
	CODE_WITH_GUARD = 256,
};

static const struct poptOption rm_options[] = {
	OPTION_FLAG("dry-run", 'n', CODE_DRY_RUN, "only print what would be removed"),
	OPTION_FLAG("force", 'f', CODE_FORCE, "a segment that does not exist is no error"),
	OPTION_FLAG("json", 'J', CODE_JSON, "print the results as JSON"),
	OPTION_FLAG("quiet", 'q', CODE_QUIET, "print no lines for what was removed"),
	OPTION_FLAG("with-guard", '\0', CODE_WITH_GUARD,
		    "by name: the semaphore that create --with-guard made, too"),
	OPTION_VALUE("shmem-id", 'm', CODE_ID, "as in ipcrm: whoever has it attached", "ID"),
	OPTION_VALUE("shmem-key", 'M', CODE_KEY, "as in ipcrm: whoever has it attached", "KEY"),
	OPTION_TABLE(filter_options, FILTER_TITLE),
	OPTION_TABLE(modifier_options_of_rm, MODIFIER_TITLE),
	OPTION_END,
};

static const char *rm_option(void *state, int code, const char *value);
static enum status rm_run(int argc, char **argv);

const struct verb verb_rm = {
	.name = "rm",
	.command = {
		.usage = "[OPTION...] SEGMENT...|FILTER...",
		.summary = "remove segments, by name or by filter",
		.epilogue = "\nWhat is attached is left alone. First look, then remove:\n"
			    "  shmtool rm --orphaned -n\n"
			    "  shmtool rm --orphaned",
		.options = rm_options,
		.handle = rm_option,
		.operands = OPERANDS_SEGMENTS,
	},
	.run = rm_run,
};

static const char *add_as_ipcrm(struct rm_options *options, int code, const char *value)
{
	struct segment_ref ref = { .kind = REF_KEY, .word = value };
	struct segment_ref *items;
	const char *wrong;
	int file_error;

	if (code == CODE_KEY) {
		wrong = parse_key_or_file(value, &ref.key, &file_error);
	} else {
		wrong = parse_segment(value, &ref, &file_error);
		if (!wrong && ref.kind != REF_ID)
			wrong = "not an id (decimal digits)";
	}
	if (wrong)
		return wrong;
	if (file_error)
		filter_note_path(&options->choice.filter, value, file_error);
	items = reallocarray(options->as_ipcrm.items, options->as_ipcrm.count + 1, sizeof(*items));
	if (!items)
		return out_of_memory;
	options->as_ipcrm.items = items;
	items[options->as_ipcrm.count++] = ref;
	return NULL;
}

static const char *rm_option(void *state, int code, const char *value)
{
	struct rm_options *options = state;

	switch (code) {
	case CODE_ID:
	case CODE_KEY:
		return add_as_ipcrm(options, code, value);
	case CODE_DRY_RUN:
		options->dry_run = true;
		return NULL;
	case CODE_FORCE:
		options->force = true;
		return NULL;
	case CODE_JSON:
		options->json = true;
		return NULL;
	case CODE_QUIET:
		options->quiet = true;
		return NULL;
	case CODE_WITH_GUARD:
		options->with_guard = true;
		return NULL;
	default:
		return filter_option(&options->choice.filter, code, value);
	}
}

static enum status rm(const struct rm_options *options)
{
	const struct choice *choice = &options->choice;
	struct tally *tally = shared_memory(sizeof(*tally));
	struct removal removal = {
		.options = options,
		.by_filter = filter_given(&choice->filter),
		.tally = tally,
	};
	bool chosen = choice->named.count || removal.by_filter;
	struct selection selection;
	enum status status;

	if (!tally)
		return fail(STATUS_EXHAUSTED, "not enough memory; nothing was removed");
	removal.output = &tally->output;
	output_begin(removal.output, STDOUT_FILENO);
	if (options->json)
		json_begin(removal.output, "results");
	tally->status = remove_all_as_ipcrm(&removal);
	if (chosen)
		remove_chosen(&removal, &selection);
	tell_total(&removal);
	if (options->json)
		json_end(removal.output);
	output_flush(removal.output);
	/* a closed pipe ends us */
	if (tally->output.error == EPIPE)
		tell_untold(tally, tally->written);
	status = output_end(removal.output, tally->status);
	if (tally->output.error)
		tell_untold(tally, tally->written);
	if (chosen)
		selection_free(&selection);
	return status;
}

static enum status check_options(const struct rm_options *options)
{
	if (options->as_ipcrm.count && options->choice.filter.all_namespaces)
		return fail(STATUS_USAGE,
			    "--all-namespaces (-A) goes with filters, not with -m and -M");
	if (options->as_ipcrm.count && filter_given(&options->choice.filter))
		return fail(STATUS_USAGE,
			    "-m and -M go with no filters: give the id as an operand");
	if (options->as_ipcrm.count && filter_has_exceptions(&options->choice.filter))
		return fail(
			STATUS_USAGE,
			"-m and -M take what they name: --except goes with filters and operands");
	if (options->with_guard &&
	    (options->as_ipcrm.count || filter_given(&options->choice.filter)))
		return fail(
			STATUS_USAGE,
			"--with-guard goes with segments that are named, and with no filter, -m "
			"or -M");
	if (options->quiet && options->choice.filter.all_namespaces)
		return fail(STATUS_USAGE, "--all-namespaces (-A) does not go with -q");
	if (options->choice.named.count || options->as_ipcrm.count ||
	    filter_given(&options->choice.filter))
		return STATUS_DONE;
	fail(STATUS_USAGE, "no segment and no filter given (modifiers select nothing)");
	return usage_hint();
}

static enum status rm_run(int argc, char **argv)
{
	struct rm_options options = { 0 };
	struct operands operands;
	enum status status;

	choice_begin(&options.choice);
	options.choice.removal = true;
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
		if (!status)
			status = rm(&options);
		operands_free(&operands);
	}
	free(options.as_ipcrm.items);
	choice_free(&options.choice);
	return status;
}
