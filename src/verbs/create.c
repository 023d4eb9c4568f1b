/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create: creates a segment, optionally from a file, and prints its id. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "shm/process/child.h"
#include "shm/segment/control.h"
#include "shm/segment/judge.h"
#include "shm/segment/listing.h"
#include "shm/system/signals.h"
#include "text/escape.h"
#include "text/format.h"
#include "text/namespace_option.h"
#include "text/parse.h"
#include "text/parse_segment.h"
#include "verbs/common/lookup.h"
#include "verbs/common/namespaces.h"
#include "verbs/create_errors.h"
#include "verbs/create_segment.h"
#include "verbs/verb.h"

enum {
	CODE_KEY = 'k',
	CODE_SIZE = 's',
	CODE_MODE = 'p',
	CODE_USER = 'u',
	CODE_GROUP = 'g',
	CODE_FILE = 'f',
	CODE_REUSE = 256,
	CODE_HUGE,
	CODE_HUGE_SIZE,
	CODE_NO_RESERVE,
	CODE_LOCK,
	CODE_WITH_GUARD,
	CODE_FORMAT,
};

static const struct poptOption create_options[] = {
	OPTION_VALUE("key", 'k', CODE_KEY,
		     "private (default), auto (an unused key), a number or ftok:PROJ:PATH", "KEY"),
	OPTION_VALUE("size", 's', CODE_SIZE, "size in bytes, or with a suffix: K, M, G, T, P, E",
		     "SIZE"),
	OPTION_VALUE("mode", 'p', CODE_MODE, "permissions in octal (0600)", "MODE"),
	OPTION_VALUE("user", 'u', CODE_USER, "set the owner to USER", "USER"),
	OPTION_VALUE("group", 'g', CODE_GROUP, "set the group to GROUP", "GROUP"),
	OPTION_VALUE("file", 'f', CODE_FILE, "load FILE (- is stdin); without -s, sets the size",
		     "FILE"),
	OPTION_FLAG("reuse", '\0', CODE_REUSE, "if the key is in use, print the existing id"),
	OPTION_FLAG("huge", '\0', CODE_HUGE, "use huge pages"),
	OPTION_VALUE("huge-size", '\0', CODE_HUGE_SIZE, "use huge pages of this size (2M, 1G)",
		     "SIZE"),
	OPTION_FLAG("no-reserve", '\0', CODE_NO_RESERVE, "do not reserve swap space"),
	OPTION_FLAG("lock", '\0', CODE_LOCK, "lock the segment in memory"),
	OPTION_FLAG("with-guard", '\0', CODE_WITH_GUARD,
		    "also create a guard semaphore with the key, for --guard"),
	OPTION_VALUE("format", '\0', CODE_FORMAT,
		     "print FORMAT instead of the id: \"%{id} %{key}\"", "FORMAT"),
	OPTION_END,
};

static const char *create_option(void *state, int code, const char *value);
static enum status create_run(int argc, char **argv);

const struct verb verb_create = {
	.name = "create",
	.command = {
		.usage = "[OPTION...]",
		.summary = "create a segment, optionally from a file, and print its id",
		.epilogue = "\nExamples:\n"
			    "  shmtool create -s 64M                     private, 64 MiB\n"
			    "  shmtool create -k 0x1234 -s 64M -p 0660   create; fail if the key is in use\n"
			    "  shmtool create -k 0x1234 -s 64M --reuse   open, or create\n"
			    "  shmtool create -k 0x1234 --reuse          open only",
		.options = create_options,
		.handle = create_option,
	},
	.run = create_run,
};

static const char *set_key(struct create_options *options, const char *value)
{
	const char *wrong;

	options->key_kind = KEY_PRIVATE;
	options->key_word = value;
	options->file_error = 0;
	if (strcmp(value, "private") == 0)
		return NULL;
	options->key_kind = KEY_AUTO;
	if (strcmp(value, "auto") == 0)
		return NULL;
	wrong = parse_key_or_file(value, &options->key, &options->file_error);
	if (wrong == key_is_private)
		options->key_kind = KEY_PRIVATE;
	else
		options->key_kind = KEY_GIVEN;
	return wrong == key_is_private ? NULL : wrong;
}

static const char *set_huge_size(struct create_options *options, const char *value)
{
	const char *wrong = parse_size(value, &options->huge_size);

	if (!wrong &&
	    (options->huge_size < 4096 || (options->huge_size & (options->huge_size - 1))))
		return "not the size of a huge page (2M, 1G)";
	options->huge = true;
	return wrong;
}

static const char *create_option(void *state, int code, const char *value)
{
	struct create_options *options = state;

	switch (code) {
	case CODE_KEY:
		return set_key(options, value);
	case CODE_SIZE:
		options->size_given = true;
		return parse_size(value, &options->size);
	case CODE_MODE:
		return parse_mode(value, &options->mode);
	case CODE_USER:
		options->uid_given = true;
		options->by_name |= is_name(value);
		return parse_user(value, &options->uid);
	case CODE_GROUP:
		options->gid_given = true;
		options->by_name |= is_name(value);
		return parse_group(value, &options->gid);
	case CODE_FILE:
		options->file = value;
		return *value ? NULL : "empty name";
	case CODE_REUSE:
		options->reuse = true;
		return NULL;
	case CODE_HUGE:
		options->huge = true;
		return NULL;
	case CODE_HUGE_SIZE:
		return set_huge_size(options, value);
	case CODE_NO_RESERVE:
		options->no_reserve = true;
		return NULL;
	case CODE_LOCK:
		options->lock = true;
		return NULL;
	case CODE_WITH_GUARD:
		options->with_guard = true;
		return NULL;
	case CODE_FORMAT:
		options->format = value;
		break;
	}
	return NULL;
}

/*
 * --format of create also supports %{created} (yes or no). It is replaced before the format
 * is checked and printed.
 */
static enum status expand_created(const char *format, bool created, char *text, size_t size)
{
	static const char word[] = "%{created}";
	const char *answer = created ? "yes" : "no";
	size_t length = 0;

	while (*format) {
		bool here = strncmp(format, word, sizeof(word) - 1) == 0;
		size_t percent = *format == '%' && format[1] == '%';
		size_t piece = here ? strlen(answer) : 1 + percent;

		if (length + piece >= size)
			return fail(STATUS_USAGE, "--format: too long");
		memcpy(text + length, here ? answer : format, piece);
		length += piece;
		format += here ? sizeof(word) - 1 : piece;
	}
	text[length] = '\0';
	return STATUS_DONE;
}

/* The argument may be a size or a key whose option was forgotten. */
static enum status unexpected(const struct create_options *options, const char *word)
{
	int file_error;
	uint64_t size;
	key_t key;
	char quoted[512];

	fail(STATUS_USAGE, "unexpected argument \"%s\"", word);
	if (!options->size_given && !parse_size(word, &size))
		hint("use -s %s to set the size", word);
	else if (options->size_given && !options->key_word &&
		 !parse_key_or_file(word, &key, &file_error))
		hint("use -k %s to set the key", quote_word(quoted, sizeof(quoted), word));
	else
		return usage_hint();
	return STATUS_USAGE;
}

static enum status check_options(const struct create_options *options,
				 const struct operands *operands)
{
	char text[4096];
	const char *wrong;

	if (operands->count)
		return unexpected(options, operands->words[0]);
	if (options->reuse && options->key_kind != KEY_GIVEN)
		return fail(STATUS_USAGE, "--reuse requires a key: -k KEY");
	if (!options->size_given && !options->file && !options->reuse) {
		fail(STATUS_USAGE, "no size given: use -s SIZE or -f FILE");
		return usage_hint();
	}
	if (options->with_guard && options->key_kind == KEY_PRIVATE)
		return fail(STATUS_USAGE, "--with-guard needs a key (-k KEY or -k auto), so that "
					  "others can find the guard");
	if (options->with_guard && !(options->mode & 0200))
		return fail(
			STATUS_USAGE,
			"--with-guard: mode 0%03o would not let even the owner acquire the guard",
			options->mode);
	if (options->size_given && options->size == 0)
		return fail(STATUS_USAGE, "--size: a segment must have at least one byte");
	if (options->format) {
		enum status status = expand_created(options->format, true, text, sizeof(text));

		if (status)
			return status;
		wrong = check_format(text);
		if (wrong)
			return fail(STATUS_USAGE, "--format \"%s\": %s", options->format, wrong);
	}
	if (options->file_error)
		return key_path_failed(options->key_word, options->file_error, NULL);
	return STATUS_DONE;
}

static int undo_in_child(void *creation)
{
	int none = -1;

	/* a reader of the output waits until all have closed it: it must not wait for this child */
	if (getpid() != ((struct creation *)creation)->creator)
		child_keep_files(&none, 1);
	return undo_creation(creation);
}

/* Undoes the creation. Returns whether a segment was created, and no longer exists. */
static bool undo(struct creation *creation)
{
	const bool created = creation->created;
	int left = CREATED_SEGMENT | CREATED_GUARD;
	int status;

	/* the new owner can delay a process that acts as that user */
	if (!creation->handed_over)
		left = undo_creation(creation);
	else if (child_run(undo_in_child, creation, CHILD_IS_QUICK, &status) == 0)
		left = status;
	/* the new owner may have removed them, and their ids may be those of other objects now */
	left &= created_parts(creation);
	if (left & CREATED_GUARD)
		warn("the new guard was not removed; remove it: %sipcrm -s %d", namespace_prefix(),
		     creation->guard);
	if (left & CREATED_SEGMENT) {
		warn("the new segment %d was not removed", creation->id);
		hint("remove it: shmtool rm%s %d", NAMESPACE_OPTION(NULL), creation->id);
	}
	creation->created = false;
	creation->guard = -1;
	return created && !(left & CREATED_SEGMENT);
}

static enum status print_failed(struct creation *creation, int error)
{
	/* first, since reporting a broken pipe ends the program by SIGPIPE */
	bool removed = undo(creation);

	if (error == EINTR)
		return fail(STATUS_FAILED, "interrupted%s",
			    removed ? "; the new segment was removed" : "");
	if (error == EPIPE || !removed)
		return output_failed(error);
	return fail(STATUS_FAILED,
		    "cannot write the id to standard output: %s; the new segment was removed again",
		    strerror(error));
}

static enum status print_result(struct creation *creation)
{
	const char *format = creation->options->format ? creation->options->format : "%{id}";
	static struct output output;
	char expanded[4096];
	struct segment segment;
	struct judge judge;
	struct view view;
	enum status status;
	int error = listing_look(creation->id, &segment);

	/* it may have been marked for removal, while another process had it attached */
	if (!error && (creation->created ? !is_created(creation, &segment) || segment.dest
					 : segment.key != creation->key))
		error = EIDRM;
	if (segment_missing(error))
		return fail(STATUS_MISSING, "segment %d was removed by another process",
			    creation->id);
	/* it exists, but may not be read here: print what was asked for */
	if (error)
		segment = (struct segment){ .id = creation->id,
					    .key = creation->key,
					    .size = wanted_size(creation),
					    .mode = creation->options->mode };
	status = expand_created(format, creation->created, expanded, sizeof(expanded));
	if (status)
		return status;
	judge_begin(&judge, GRACE_DEFAULT, false);
	judge_segment(&judge, &segment);
	view_begin(&view, &judge);
	output_begin(&output, STDOUT_FILENO);
	print_format(&output, expanded, &view, &segment);
	status = view_end(&view);
	judge_end(&judge);
	if (status)
		return status;
	/* a segment whose id is not printed would leak, so decide now whether to print it */
	if (creation->created && signals_came())
		output.error = EINTR;
	else
		output_flush(&output);
	if (!output.error)
		output.error = output_lost(STDOUT_FILENO);
	return output.error ? print_failed(creation, output.error) : STATUS_DONE;
}

/*
 * With -N, an unmapped user or group appears as 65534, which may be another one's number in the
 * container. So it must not be set as the owner.
 */
static enum status check_own_ids(const struct create_options *options)
{
	const struct segment own = { .uid = options->uid_given ? 0 : geteuid(),
				     .gid = options->gid_given ? 0 : getegid() };

	if (!options->uid_given && !options->gid_given && options->mode == 0600 &&
	    !options->with_guard)
		return STATUS_DONE;
	if (!owner_is_unknown(&own))
		return STATUS_DONE;
	fail(STATUS_FAILED, "cannot create a segment: your user or group is not mapped in this "
			    "user namespace");
	if (!options->with_guard)
		hint("name the owner and the group by -u and -g");
	return STATUS_FAILED;
}

static enum status create(struct creation *creation)
{
	const struct create_options *options = creation->options;
	enum status status = STATUS_DONE;
	int error = ENOENT;

	/* an existing segment is not changed: all other options are ignored, even FILE */
	if (options->reuse)
		error = open_existing(creation, options->key);
	if (error && (error != ENOENT || (!options->size_given && !options->file)))
		return report_refused(creation, options->key, error);
	if (error && options->elsewhere)
		status = check_own_ids(options);
	if (error && !status)
		status = create_new(creation);
	if (!status && options->verbose)
		note(creation->created ? "created segment %d" : "segment %d already exists",
		     creation->id);
	if (!status && options->verbose && creation->guard >= 0)
		note("created guard %d", creation->guard);
	if (!status)
		status = print_result(creation);
	if (status && creation->created && undo(creation))
		remark("the new segment was removed again");
	return status;
}

static enum status create_run(int argc, char **argv)
{
	struct create_options options = { .mode = 0600 };
	struct creation creation = { .options = &options, .input.fd = -1, .id = -1, .guard = -1 };
	struct operands operands;
	enum status status;

	if (!options_read(&verb_create.command, argc, argv, &options, &operands, &status))
		return status;
	options.verbose = operands.verbose;
	status = check_options(&options, &operands);
	if (!status)
		status = enter_namespace(&operands, operands.ns && options.by_name);
	options.elsewhere = operands.ns;
	operands_free(&operands);
	if (status)
		return status;
	/* the program must not end before it knows whether the id was printed */
	signal(SIGPIPE, SIG_IGN);
	signals_begin(signals_others);
	status = create(&creation);
	input_close(&creation.input);
	signals_end();
	return status;
}
