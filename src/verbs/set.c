/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set: changes owner, group and mode of segments, and locks them in memory. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shm/process/child.h"
#include "shm/process/namespace.h"
#include "shm/system/signals.h"
#include "text/output.h"
#include "text/parse.h"
#include "verbs/common/namespaces.h"
#include "verbs/common/select.h"
#include "verbs/set_change.h"
#include "verbs/verb.h"

enum {
	CODE_USER = 'u',
	CODE_GROUP = 'g',
	CODE_MODE = 'p',
	CODE_DRY_RUN = 'n',
	CODE_LOCK = 256,
	CODE_UNLOCK,
	CODE_WITH_GUARD,
};

static const struct poptOption set_options[] = {
	OPTION_VALUE("user", 'u', CODE_USER, "set the owner to USER", "USER"),
	OPTION_VALUE("group", 'g', CODE_GROUP, "set the group to GROUP", "GROUP"),
	OPTION_VALUE("mode", 'p', CODE_MODE,
		     "set the permissions: 0640, or as in chmod: g+r,o=", "MODE"),
	OPTION_FLAG("lock", '\0', CODE_LOCK, "lock in memory"),
	OPTION_FLAG("unlock", '\0', CODE_UNLOCK, "unlock"),
	OPTION_FLAG("with-guard", '\0', CODE_WITH_GUARD,
		    "also set owner, group and mode of the guard semaphore"),
	OPTION_FLAG("dry-run", 'n', CODE_DRY_RUN, "show what would be changed, but change nothing"),
	OPTION_TABLE(filter_options_of_set, FILTER_TITLE),
	OPTION_TABLE(modifier_options, MODIFIER_TITLE),
	OPTION_END,
};

struct set_options {
	struct choice choice;
	struct set_wish wish;
	bool by_name; /* the owner or group was given by name */
};

static const char *set_option(void *state, int code, const char *value);
static enum status set_run(int argc, char **argv);

const struct verb verb_set = {
	.name = "set",
	.command = {
		.usage = "[OPTION...] SEGMENT...|FILTER...",
		.summary = "change owner, group or mode; lock in memory",
		.options = set_options,
		.handle = set_option,
		.operands = OPERANDS_SEGMENTS,
	},
	.run = set_run,
};

static const char *check_mode(const char *value)
{
	unsigned short mode;

	return parse_mode_change(value, 0, 0, &mode);
}

static const char *set_option(void *state, int code, const char *value)
{
	struct set_options *options = state;
	struct set_wish *wish = &options->wish;

	switch (code) {
	case CODE_USER:
		wish->uid_given = true;
		options->by_name |= is_name(value);
		return parse_user(value, &wish->uid);
	case CODE_GROUP:
		wish->gid_given = true;
		options->by_name |= is_name(value);
		return parse_group(value, &wish->gid);
	case CODE_MODE:
		wish->mode = value;
		return check_mode(value);
	case CODE_LOCK:
		wish->lock = true;
		return NULL;
	case CODE_UNLOCK:
		wish->unlock = true;
		return NULL;
	case CODE_WITH_GUARD:
		wish->with_guard = true;
		return NULL;
	case CODE_DRY_RUN:
		wish->dry_run = true;
		return NULL;
	default:
		return filter_option(&options->choice.filter, code, value);
	}
}

static enum status check_options(const struct set_options *options)
{
	const struct set_wish *wish = &options->wish;
	const struct filter *filter = &options->choice.filter;
	const bool filters = filter_given(filter);
	const bool rights = wish->uid_given || wish->gid_given || wish->mode;

	if (!options->choice.named.count && !filters) {
		fail(STATUS_USAGE, "no SEGMENT or filter given");
		return usage_hint();
	}
	if ((filter->keep_given || filter->keep_files.count) && !filter_judges(filter)) {
		fail(STATUS_USAGE,
		     "--keep and --keep-file require a filter by state: keep lists do not "
		     "protect segments from set");
		hint("exclude segments with --except, --except-key or --except-creator");
		return STATUS_USAGE;
	}
	if (!filters && filter->grace_given)
		return fail(STATUS_USAGE, "--grace requires a filter such as --orphaned");
	if (wish->lock && wish->unlock)
		return fail(STATUS_USAGE, "--lock and --unlock cannot be combined");
	if (wish->with_guard && (!rights || filters))
		return fail(STATUS_USAGE, "--with-guard requires SEGMENTs and -u, -g or -p, and "
					  "cannot be combined with filters");
	if (!rights && !wish->lock && !wish->unlock) {
		fail(STATUS_USAGE, "nothing to change: use -u, -g, -p, --lock or --unlock");
		return usage_hint();
	}
	return STATUS_DONE;
}

/* The segments to change, and the status so far. */
struct changes {
	const struct set_wish *wish;
	struct selection *selection;
	enum status status;
	pid_t parent;
	int output; /* files in memory: what a child prints there, this process prints */
	int errors;
	int lock; /* the file of the namespace */
};

/* Returns the status; in a child, 128 and the signal that ended it between two segments. */
static int change_all(void *context)
{
	const struct changes *changes = context;
	struct selection *selection = changes->selection;
	const bool is_child = getpid() != changes->parent;
	enum status status = changes->status;
	static struct output output;
	size_t i;

	/* only the parent may have to wait for a reader, and a child ends with its parent */
	if (is_child) {
		int files[] = { dup2(changes->output, STDOUT_FILENO),
				dup2(changes->errors, STDERR_FILENO), changes->lock };

		child_keep_files(files, sizeof(files) / sizeof(*files));
	}
	output_begin(&output, STDOUT_FILENO);
	for (i = 0; i < selection->list.count && !signals_came() &&
		    !(is_child && getppid() != changes->parent);
	     i++) {
		status_keep_first(&status, missing_before(selection, i));
		status_keep_first(&status, set_change(changes->wish, &selection->list.items[i],
						      &selection->judge.processes, &output));
		/* the line of what was changed is not lost if the next one takes this process */
		output_flush(&output);
	}
	status_keep_first(&status, missing_before(selection, SIZE_MAX));
	status = output_end(&output, status);
	return is_child && i < selection->list.count ? 128 + signals_came() : (int)status;
}

/* Returns -1 if there is no file, or if its size is limited (RLIMIT_FSIZE). */
static int file_in_memory(void)
{
	int file = memfd_create("shmtool-set", MFD_CLOEXEC);

	if (file >= 0 && ftruncate(file, 1 << 30) == 0 && ftruncate(file, 0) == 0)
		return file;
	if (file >= 0)
		close(file);
	return -1;
}

static enum status print_what_child_printed(const struct changes *changes, enum status status)
{
	static struct output output;
	char part[4096];
	ssize_t got;

	for (off_t at = 0; (got = pread(changes->errors, part, sizeof(part), at)) > 0; at += got) {
		if (!error_write(part, (size_t)got))
			break;
	}
	output_begin(&output, STDOUT_FILENO);
	for (off_t at = 0; (got = pread(changes->output, part, sizeof(part), at)) > 0; at += got)
		output_bytes(&output, part, (size_t)got);
	return output_end(&output, status);
}

/*
 * Changes the segments in a child: a user can make every process wait that attaches a segment of
 * theirs or acts as that user, and not even SIGKILL ends it then (shmtool-security(7)).
 */
static enum status change_in_child(struct changes *changes)
{
	/* a call on a guard can use processor time for minutes; there are few, all named */
	const enum child_bond bond = changes->wish->with_guard ? CHILD_IS_QUICK : CHILD_GOES_ON;
	int result = 0;
	int error = child_run(change_all, changes, bond, &result);
	enum status status;

	/* a signal to this process as well, which ends it (signals_end()), is not reported */
	if (!error && result > 128 && !signals_came()) {
		error = EOWNERDEAD;
		result -= 128;
	}
	status = print_what_child_printed(changes, error ? STATUS_FAILED : result);
	if (error == EOWNERDEAD)
		fail(STATUS_FAILED,
		     "the worker process was killed by signal %d; nothing more was changed",
		     result);
	if (error == ETIMEDOUT)
		fail(STATUS_FAILED,
		     "the worker process does not respond; nothing more is changed after the "
		     "current segment");
	return status;
}

static enum status set(struct set_options *options)
{
	static const struct source source = { 0 };
	int64_t patience = NAMESPACE_PATIENCE;
	struct selection selection;
	struct changes changes = { .wish = &options->wish,
				   .selection = &selection,
				   .parent = getpid(),
				   .output = file_in_memory(),
				   .errors = file_in_memory() };
	struct namespace ns;
	enum status status;

	options->wish.by_filter = filter_given(&options->choice.filter);
	/* rm sets a mode of 0 for a moment, which would not be changed */
	namespace_open("/proc/self/ns/ipc", &ns);
	changes.lock = ns.fd;
	if (!options->wish.dry_run)
		options->wish.unsure = !namespace_lock(&ns, &patience);
	changes.status = select_segments(&selection, &options->choice, &source);
	/* a signal ends the program between two segments, not between the steps of one */
	signals_begin(signals_others);
	/* a sandbox may refuse such files */
	status = changes.output < 0 || changes.errors < 0 ? (enum status)change_all(&changes)
							  : change_in_child(&changes);
	selection_free(&selection);
	namespace_close(&ns);
	signals_end();
	return status;
}

static enum status set_run(int argc, char **argv)
{
	struct set_options options = { 0 };
	struct operands operands;
	enum status status;

	choice_begin(&options.choice);
	if (options_read(&verb_set.command, argc, argv, &options, &operands, &status)) {
		options.wish.verbose = operands.verbose;
		/* keep lists matter only for filters by state */
		if (filter_judges(&options.choice.filter))
			options.choice.nothing_done = "nothing was changed";
		status = choice_read(&options.choice, &operands);
		if (!status)
			status = check_options(&options);
		if (!status && filter_given(&options.choice.filter))
			status = choice_read_keep(&options.choice);
		if (!status)
			status = enter_namespace(&operands,
						 choice_depends_on_users(&options.choice) ||
							 (operands.ns && options.by_name));
		if (!status)
			status = set(&options);
		operands_free(&operands);
	}
	choice_free(&options.choice);
	return status;
}
