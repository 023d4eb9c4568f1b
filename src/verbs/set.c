/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set: change owner, group and mode of segments, and lock them into memory. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/segment/control.h"
#include "text/output.h"
#include "text/parse.h"
#include "verbs/common/lookup.h"
#include "verbs/common/namespaces.h"
#include "verbs/common/select.h"
#include "verbs/verb.h"

enum {
	CODE_USER = 'u',
	CODE_GROUP = 'g',
	CODE_MODE = 'p',
	CODE_DRY_RUN = 'n',
	CODE_LOCK = 256,
	CODE_UNLOCK,
};

static const struct poptOption set_options[] = {
	OPTION_VALUE("user", 'u', CODE_USER, "give it to this user", "USER"),
	OPTION_VALUE("group", 'g', CODE_GROUP, "give it to this group", "GROUP"),
	OPTION_VALUE("mode", 'p', CODE_MODE, "permissions: 0640, or as in chmod: g+r,o=", "MODE"),
	OPTION_FLAG("lock", '\0', CODE_LOCK, "lock into memory"),
	OPTION_FLAG("unlock", '\0', CODE_UNLOCK, "unlock"),
	OPTION_FLAG("dry-run", 'n', CODE_DRY_RUN, "only print what would be changed"),
	OPTION_TABLE(filter_options, FILTER_TITLE),
	OPTION_END,
};

struct set_options {
	struct choice choice;
	uid_t uid;
	bool uid_given;
	gid_t gid;
	bool gid_given;
	const char *mode; /* NULL: leave it */
	bool lock;
	bool unlock;
	bool dry_run;
};

static const char *set_option(void *state, int code, const char *value);
static enum status set_run(int argc, char **argv);

const struct verb verb_set = {
	.name = "set",
	.command = {
		.usage = "[OPTION...] SEGMENT...|FILTER...",
		.summary = "change owner, group or mode; lock into memory",
		.options = set_options,
		.handle = set_option,
	},
	.run = set_run,
};

static unsigned short current_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return (unsigned short)(mask & 0777);
}

static const char *check_mode(const char *value)
{
	unsigned short mode;

	return parse_mode_change(value, 0, 0, &mode);
}

static const char *set_option(void *state, int code, const char *value)
{
	struct set_options *options = state;

	switch (code) {
	case CODE_USER:
		options->uid_given = true;
		return parse_user(value, &options->uid);
	case CODE_GROUP:
		options->gid_given = true;
		return parse_group(value, &options->gid);
	case CODE_MODE:
		options->mode = value;
		return check_mode(value);
	case CODE_LOCK:
		options->lock = true;
		return NULL;
	case CODE_UNLOCK:
		options->unlock = true;
		return NULL;
	case CODE_DRY_RUN:
		options->dry_run = true;
		return NULL;
	default:
		return filter_option(&options->choice.filter, code, value);
	}
}

static enum status check_options(const struct set_options *options)
{
	if (!options->choice.named.count && !filter_given(&options->choice.filter)) {
		fail(STATUS_USAGE, "no segment and no filter given");
		return usage_hint();
	}
	if (options->lock && options->unlock)
		return fail(STATUS_USAGE, "--lock and --unlock exclude each other");
	if (!options->uid_given && !options->gid_given && !options->mode && !options->lock &&
	    !options->unlock) {
		fail(STATUS_USAGE, "nothing to change: give -u, -g, -p, --lock or --unlock");
		return usage_hint();
	}
	return STATUS_DONE;
}

static struct segment_rights wanted_rights(const struct set_options *options,
					   const struct segment *segment)
{
	struct segment_rights rights = { segment->uid, segment->gid, segment->mode };

	if (options->uid_given)
		rights.uid = options->uid;
	if (options->gid_given)
		rights.gid = options->gid;
	if (options->mode)
		parse_mode_change(options->mode, current_umask(), segment->mode, &rights.mode);
	return rights;
}

static bool rights_differ(const struct segment_rights *rights, const struct segment *segment)
{
	return rights->uid != segment->uid || rights->gid != segment->gid ||
	       rights->mode != segment->mode;
}

static void print_change(const struct set_options *options, const struct segment *segment,
			 const struct segment_rights *rights, struct output *output)
{
	const char *what = options->lock ? " lock" : options->unlock ? " unlock" : "";

	output_format(output, "%s %d key=0x%08x uid=%u->%u gid=%u->%u mode=0%03o->0%03o%s\n",
		      options->dry_run ? "would change" : "changed", segment->id,
		      (unsigned int)segment->key, segment->uid, rights->uid, segment->gid,
		      rights->gid, segment->mode, rights->mode, what);
}

static enum status lock_failed(const struct set_options *options, const struct segment *segment,
			       int error)
{
	bool own = segment->uid == geteuid() || segment->cuid == geteuid();

	/* shmctl(2): with a limit of 0 even the owner gets EPERM */
	if (error == ENOMEM || (error == EPERM && own)) {
		fail(STATUS_EXHAUSTED, "cannot lock %s: it is more than RLIMIT_MEMLOCK allows",
		     SEGMENT_LABEL(segment));
		hint("raise it (ulimit -l), or be root");
		return STATUS_EXHAUSTED;
	}
	if (error == EPERM)
		return segment_denied(options->lock ? "lock" : "unlock", segment, "CAP_IPC_LOCK");
	return segment_failed(options->lock ? "lock" : "unlock", segment, error);
}

static enum status change(const struct set_options *options, const struct segment *listed,
			  bool verbose, struct output *output)
{
	struct segment_rights rights;
	struct segment segment;
	int error = segment_look(listed->id, &segment);

	if (error)
		return segment_failed("change", listed, error);
	if (!segment_is_same(listed, &segment))
		return fail(STATUS_BUSY, "%s was left alone: its id is another segment's by now",
			    SEGMENT_LABEL(listed));
	rights = wanted_rights(options, &segment);
	if (options->dry_run && rights_differ(&rights, &segment) && !may_control(&segment))
		return segment_failed("change", &segment, EPERM);
	if (options->dry_run && (options->lock || options->unlock) && !may_lock(&segment))
		return lock_failed(options, &segment, EPERM);
	if (rights_differ(&rights, &segment) && !(options->uid_given && options->gid_given) &&
	    owner_is_unknown(&segment))
		return segment_failed("change", &segment, EOVERFLOW);
	/* what is likelier to fail comes first, while nothing has been changed */
	if (!options->dry_run && (options->lock || options->unlock))
		error = segment_set_lock(segment.id, options->lock);
	if (error)
		return lock_failed(options, &segment, error);
	if (!options->dry_run && rights_differ(&rights, &segment))
		error = segment_set_rights(segment.id, &rights);
	if (error) {
		/* all or nothing: the one takes CAP_IPC_LOCK, the other CAP_SYS_ADMIN */
		if (options->lock || options->unlock)
			segment_set_lock(segment.id, segment.locked);
		return segment_failed("change", &segment, error);
	}
	if ((verbose || options->dry_run) &&
	    (rights_differ(&rights, &segment) || options->lock || options->unlock))
		print_change(options, &segment, &rights, output);
	return STATUS_DONE;
}

static enum status set(const struct set_options *options, bool verbose)
{
	static const struct source source = { 0 };
	static struct output output;
	struct selection selection;
	enum status status = select_segments(&selection, &options->choice, &source);

	output_begin(&output, STDOUT_FILENO);
	for (size_t i = 0; i < selection.list.count; i++) {
		status_keep_first(&status, missing_before(&selection, i));
		status_keep_first(&status,
				  change(options, &selection.list.items[i], verbose, &output));
	}
	status_keep_first(&status, missing_before(&selection, SIZE_MAX));
	selection_free(&selection);
	return output_end(&output, status);
}

static enum status set_run(int argc, char **argv)
{
	struct set_options options = { 0 };
	struct operands operands;
	enum status status;

	choice_begin(&options.choice);
	if (options_read(&verb_set.command, argc, argv, &options, &operands, &status)) {
		status = choice_read(&options.choice, &operands);
		if (!status)
			status = check_options(&options);
		/* only a filter by state needs to know what is kept */
		if (!status && filter_given(&options.choice.filter))
			status = choice_read_keep(&options.choice);
		if (!status)
			status = enter_namespace(&operands,
						 choice_depends_on_users(&options.choice));
		if (!status)
			status = set(&options, operands.verbose);
		operands_free(&operands);
	}
	choice_free(&options.choice);
	return status;
}
