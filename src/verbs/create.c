/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create: make a segment, load it, and print its id. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/shm.h>
#include <unistd.h>

#include "shm/bytes/copy.h"
#include "shm/process/child.h"
#include "shm/segment/control.h"
#include "shm/segment/guard.h"
#include "shm/segment/judge.h"
#include "shm/segment/limits.h"
#include "shm/system/signals.h"
#include "text/format.h"
#include "text/parse.h"
#include "text/progress.h"
#include "verbs/common/input.h"
#include "verbs/common/lookup.h"
#include "verbs/common/memory_errors.h"
#include "verbs/common/select.h"
#include "verbs/create_errors.h"
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
	OPTION_VALUE("key", 'k', CODE_KEY, "private (default), auto, a number, ftok:PROJ:PATH",
		     "KEY"),
	OPTION_VALUE("size", 's', CODE_SIZE, "size: bytes, or with K, M, G, T", "SIZE"),
	OPTION_VALUE("mode", 'p', CODE_MODE, "permissions, octal (0600)", "MODE"),
	OPTION_VALUE("user", 'u', CODE_USER, "give it to this user", "USER"),
	OPTION_VALUE("group", 'g', CODE_GROUP, "give it to this group", "GROUP"),
	OPTION_VALUE("file", 'f', CODE_FILE, "load this file (- is stdin); sets the size too",
		     "FILE"),
	OPTION_FLAG("reuse", '\0', CODE_REUSE, "if the key is in use, print that segment's id"),
	OPTION_FLAG("huge", '\0', CODE_HUGE, "use huge pages"),
	OPTION_VALUE("huge-size", '\0', CODE_HUGE_SIZE, "size of a huge page (2M, 1G)", "SIZE"),
	OPTION_FLAG("no-reserve", '\0', CODE_NO_RESERVE, "reserve no swap space for it"),
	OPTION_FLAG("lock", '\0', CODE_LOCK, "lock it into memory"),
	OPTION_FLAG("with-guard", '\0', CODE_WITH_GUARD,
		    "also make a semaphore with the key, for --guard"),
	OPTION_VALUE("format", '\0', CODE_FORMAT, "print this: %{id} %{key} %{created} ...",
		     "FORMAT"),
	OPTION_END,
};

struct create_options {
	enum { KEY_PRIVATE, KEY_AUTO, KEY_GIVEN } key_kind;
	key_t key;
	int file_error; /* of an ftok path */
	const char *key_word;
	uint64_t size;
	bool size_given;
	unsigned short mode;
	uid_t uid;
	bool uid_given;
	gid_t gid;
	bool gid_given;
	const char *file;
	bool reuse;
	bool huge;
	uint64_t huge_size;
	bool no_reserve;
	bool lock;
	bool with_guard;
	const char *format;
	bool verbose;
};

/* What is being made, so that it can be undone. */
struct creation {
	const struct create_options *options;
	struct input input;
	int id;
	bool created; /* and not just found, with --reuse */
	key_t key;    /* of what was created */
	int guard;    /* the semaphore set that was made, or -1 */
};

static const char *create_option(void *state, int code, const char *value);
static enum status create_run(int argc, char **argv);

const struct verb verb_create = {
	.name = "create",
	.command = {
		.usage = "[OPTION...]",
		.summary = "make a segment, load it, and print its id",
		.epilogue = "\nExamples:\n"
			    "  shmtool create -s 64M                     private, 64 MiB\n"
			    "  shmtool create -k 0x1234 -s 64M -p 0660   fails if the key is in use\n"
			    "  shmtool create -k 0x1234 -s 64M --reuse   open it, or make it\n"
			    "  shmtool create -k 0x1234 --reuse          only open it",
		.options = create_options,
		.handle = create_option,
	},
	.run = create_run,
};

static const char *set_key(struct create_options *options, const char *value)
{
	options->key_kind = KEY_PRIVATE;
	options->key_word = value;
	options->file_error = 0;
	if (strcmp(value, "private") == 0 || strcmp(value, "0") == 0 || strcmp(value, "0x0") == 0)
		return NULL;
	options->key_kind = KEY_AUTO;
	if (strcmp(value, "auto") == 0)
		return NULL;
	options->key_kind = KEY_GIVEN;
	return parse_key_or_file(value, &options->key, &options->file_error);
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
		return parse_user(value, &options->uid);
	case CODE_GROUP:
		options->gid_given = true;
		return parse_group(value, &options->gid);
	case CODE_FILE:
		options->file = value;
		return *value ? NULL : "an empty name";
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
		return NULL;
	default:
		return NULL;
	}
}

/*
 * --format has one word more than the fields: %{created}, yes or no. It is
 * put in before the format is checked and printed.
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
			return fail(STATUS_USAGE, "--format: it is too long");
		memcpy(text + length, here ? answer : format, piece);
		length += piece;
		format += here ? sizeof(word) - 1 : piece;
	}
	text[length] = '\0';
	return STATUS_DONE;
}

static enum status check_options(const struct create_options *options,
				 const struct operands *operands)
{
	char text[4096];
	const char *wrong;

	if (operands->count) {
		uint64_t size;

		fail(STATUS_USAGE, "\"%s\": create takes no operands", operands->words[0]);
		if (parse_size(operands->words[0], &size))
			return usage_hint();
		hint("a size is given as -s %s", operands->words[0]);
		return STATUS_USAGE;
	}
	if (options->reuse && options->key_kind != KEY_GIVEN)
		return fail(STATUS_USAGE, "--reuse needs a key: -k KEY");
	if (!options->size_given && !options->file && !options->reuse) {
		fail(STATUS_USAGE, "how large? give -s SIZE or -f FILE");
		return usage_hint();
	}
	if (options->with_guard && options->key_kind == KEY_PRIVATE)
		return fail(STATUS_USAGE, "--with-guard needs a key, by which others find the "
					  "guard: -k KEY or -k auto");
	if (options->with_guard && !(options->mode & 0200))
		return fail(STATUS_USAGE,
			    "--with-guard: with mode 0%03o the owner could not take the guard",
			    options->mode);
	if (options->size_given && options->size == 0)
		return fail(STATUS_USAGE, "--size 0: a segment has one byte at least");
	if (options->format) {
		enum status status = expand_created(options->format, true, text, sizeof(text));

		if (status)
			return status;
		wrong = check_format(text);
		if (wrong)
			return fail(STATUS_USAGE, "--format \"%s\": %s", options->format, wrong);
	}
	if (options->file_error)
		return key_path_failed(options->key_word, options->file_error);
	return STATUS_DONE;
}

static enum status input_failed(const struct creation *creation, int error)
{
	const char *file = creation->input.name;

	switch (error) {
	case EINTR:
		return fail(STATUS_FAILED, "interrupted while reading %s: no segment was left",
			    file);
	case EFAULT: /* reading into the segment touches its memory */
		return fail(STATUS_EXHAUSTED, "cannot load %s: the memory for it ran out", file);
	case EFBIG:
		fail(STATUS_EXHAUSTED,
		     "cannot load %s: it has no end, or is larger than kernel.shmmax or half of the "
		     "memory available",
		     file);
		hint("give -s SIZE, and it is read straight into the segment");
		return STATUS_EXHAUSTED;
	default:
		return fail(status_of_file(error), "cannot read %s: %s", file, strerror(error));
	}
}

/* Opens what is to be loaded and finds out how large it is. */
static enum status open_input(struct creation *creation)
{
	const struct create_options *options = creation->options;
	struct limits limits = { .shmmax = UINT64_MAX };
	struct input *input = &creation->input;
	enum status status;
	int error = 0;

	if (!options->file)
		return STATUS_DONE;
	status = input_open(input, options->file);
	if (status)
		return status;
	if (input->is_stream && !options->size_given) {
		limits_read(&limits);
		error = input_take_in(input, limits.shmmax, false);
	}
	if (error)
		return input_failed(creation, error);
	if (input->is_stream)
		return STATUS_DONE;
	if (input->size == 0 && !options->size_given)
		return fail(STATUS_FAILED, "%s is empty, and a segment has one byte at least",
			    input->name);
	if (options->size_given && input->size > options->size)
		return fail(STATUS_FAILED,
			    "%s holds %" PRIu64 " bytes, more than the segment's %" PRIu64,
			    input->name, input->size, options->size);
	return STATUS_DONE;
}

static uint64_t wanted_size(const struct creation *creation)
{
	return creation->options->size_given ? creation->options->size : creation->input.size;
}

static enum status creation_failed(const struct creation *creation, key_t key, int error)
{
	const struct wanted wanted = {
		.key = key,
		.size = wanted_size(creation),
		.huge = creation->options->huge,
		.huge_size = creation->options->huge_size,
		.reuse = creation->options->reuse,
	};

	return say_refused(&wanted, error);
}

/* Calls shmget; EEXIST when the key is in use. */
static int make(struct creation *creation, key_t key)
{
	const struct create_options *options = creation->options;
	int flags = IPC_CREAT | IPC_EXCL | 0600;

	if (options->huge)
		flags |= SHM_HUGETLB;
	/* shmget(2): the size of a huge page as a power of two, in bits 26 and up */
	if (options->huge_size)
		flags |= (int)((unsigned int)__builtin_ctzll(options->huge_size) << 26);
	if (options->no_reserve)
		flags |= SHM_NORESERVE;
	if (wanted_size(creation) > SIZE_MAX)
		return EINVAL;
	creation->id = shmget(key, wanted_size(creation), flags);
	if (creation->id < 0)
		return errno;
	creation->created = true;
	creation->key = key;
	return 0;
}

/* Removes what was made, if it was. */
static void undo(struct creation *creation)
{
	if (creation->created)
		segment_remove(creation->id);
	if (creation->guard >= 0)
		guard_remove(creation->guard);
	creation->created = false;
	creation->guard = -1;
}

/* A random key, until one is not in use. */
static int make_with_any_key(struct creation *creation)
{
	int error = EEXIST;
	int other;

	while (error == EEXIST) {
		key_t key = 0;

		if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key))
			return errno;
		if (key > 0)
			error = make(creation, key);
		if (!error && creation->options->with_guard && guard_by_key(key, &other) == 0) {
			undo(creation);
			error = EEXIST;
		}
	}
	return error;
}

static enum status guard_failed(const struct creation *creation, int error)
{
	static const char what[] = "cannot create the guard";
	int other = -1;

	switch (error) {
	case EEXIST:
		guard_by_key(creation->key, &other);
		fail(STATUS_EXISTS, "%s: a semaphore set with the key 0x%08x exists already: id %d",
		     what, (unsigned int)creation->key, other);
		hint("if nobody needs it any more: ipcrm -s %d", other);
		return STATUS_EXISTS;
	case ENOSPC:
		fail(STATUS_EXHAUSTED, "%s: the kernel allows no more semaphores (kernel.sem)",
		     what);
		hint("\"ipcs -s\" shows what there is; or raise it with sysctl");
		return STATUS_EXHAUSTED;
	default:
		return fail(status_of_segment(error), "%s: %s", what,
			    segment_missing(error) ? "it was removed meanwhile"
						   : reason_of_segment(error));
	}
}

/* Makes the guard: as long as it is not handed over, nobody can take it. */
static enum status make_guard(struct creation *creation)
{
	int error = guard_create(creation->key, &creation->guard);

	return error ? guard_failed(creation, error) : STATUS_DONE;
}

/* Opens the segment with the key. */
static int open_existing(struct creation *creation, key_t key)
{
	/* a size larger than the segment's is an error, as shmget(2) has it */
	creation->id = shmget(key, creation->options->size_given ? creation->options->size : 0, 0);
	return creation->id < 0 ? errno : 0;
}

/* Makes it; with --reuse, opens what somebody else made meanwhile. */
static enum status make_or_open(struct creation *creation)
{
	const struct create_options *options = creation->options;
	key_t key = options->key_kind == KEY_GIVEN ? options->key : IPC_PRIVATE;
	int error;

	if (options->key_kind == KEY_AUTO) {
		error = make_with_any_key(creation);
		return error ? creation_failed(creation, key, error) : STATUS_DONE;
	}
	do {
		error = make(creation, key);
		if (error == EEXIST && options->reuse)
			error = open_existing(creation, key);
		/* and if that one went as well, make it after all */
	} while (error == ENOENT);
	return error ? creation_failed(creation, key, error) : STATUS_DONE;
}

static enum status load(struct creation *creation, struct memory *memory)
{
	const struct input *input = &creation->input;
	uint64_t size = wanted_size(creation);
	uint64_t done;
	bool more = false;
	struct progress progress;
	struct copy_options copy = {
		.exclusive = input->ours,
		.report = progress_update,
		.state = &progress,
	};
	int error;

	progress_begin(&progress, PROGRESS_AUTO, input->size);
	copy.interval = progress_interval(&progress);
	error = copy_in(memory, 0, size, input->fd, &copy, &done);
	progress_end(&progress);
	if (!error && done == size && input->is_stream)
		error = input_has_more(input, &more);
	if (error)
		return input_failed(creation, error);
	if (more)
		return fail(STATUS_FAILED, "%s holds more than the segment's %" PRIu64 " bytes",
			    input->name, size);
	if (!input->is_stream && done < input->size)
		return fail(STATUS_FAILED, "%s holds fewer bytes than its size says", input->name);
	return STATUS_DONE;
}

/* Attaches it, loads it, detaches it; for a child, see fill(). */
static int load_inside(void *context)
{
	struct creation *creation = context;
	struct memory memory;
	enum status status;
	int error = memory_open(&memory, creation->id, true);

	if (error)
		return fail(status_of_segment(error), "cannot attach the new segment: %s",
			    reason_of_segment(error));
	status = load(creation, &memory);
	memory_close(&memory);
	return (int)status;
}

/*
 * Loads the segment in a child: memory that runs out is no error but a
 * SIGKILL, and then the segment must be removed all the same.
 */
static enum status fill(struct creation *creation)
{
	char what[PATH_MAX + 8];
	int result = STATUS_FAILED;
	enum status status;
	int error;

	if (creation->input.fd < 0)
		return STATUS_DONE;
	snprintf(what, sizeof(what), "load %s", creation->input.name);
	/* a copy of ours has its memory already, and gives it back meanwhile */
	status = creation->input.ours ? STATUS_DONE
				      : loading_allowed(what, input_memory(&creation->input));
	if (status)
		return status;
	error = child_run(load_inside, creation, CHILD_DIES_TOO, &result);
	if (!error)
		return (enum status)result;
	return loading_failed(what, error, result, "no segment was left");
}

/* The rights that were asked for. */
static struct segment_rights wanted_rights(const struct create_options *options)
{
	return (struct segment_rights){
		.uid = options->uid_given ? options->uid : geteuid(),
		.gid = options->gid_given ? options->gid : getegid(),
		.mode = options->mode,
	};
}

/* Owner and mode come last: until it is loaded nobody else may attach it. */
static enum status give_away(const struct creation *creation)
{
	const struct create_options *options = creation->options;
	const struct segment_rights rights = wanted_rights(options);
	int error = 0;

	if (options->lock)
		error = segment_set_lock(creation->id, true);
	if (error) {
		fail(STATUS_EXHAUSTED,
		     "cannot lock the new segment into memory: it is more than RLIMIT_MEMLOCK allows");
		hint("raise it (ulimit -l), or be root");
		return STATUS_EXHAUSTED;
	}
	if (options->uid_given || options->gid_given || options->mode != 0600)
		error = segment_set_rights(creation->id, &rights);
	if (error)
		return fail(status_of_segment(error), "cannot set the new segment's rights: %s",
			    reason_of_segment(error));
	return STATUS_DONE;
}

static enum status hand_guard_over(const struct creation *creation)
{
	const struct segment_rights rights = wanted_rights(creation->options);
	int error = guard_hand_over(creation->guard, &rights);

	return error ? guard_failed(creation, error) : STATUS_DONE;
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
	int error = segment_look(creation->id, &segment);

	if (error)
		return fail(status_of_segment(error), "segment %d was removed meanwhile",
			    creation->id);
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
	/* told to stop before the id is known to anyone: it must not stay behind */
	if (creation->created && signals_came())
		return fail(STATUS_FAILED, "interrupted: no segment was left");
	output_flush(&output);
	if (output.error) {
		/* an id that nobody got to know is a leak: undo it before SIGPIPE can end us */
		undo(creation);
		return output_failed(output.error);
	}
	return STATUS_DONE;
}

static enum status refuse_forced_removal(void)
{
	fail(STATUS_FAILED, "kernel.shm_rmid_forced is 1: a segment that nobody has attached does "
			    "not live");
	hint("let the program that needs it make it, and keep it alive with shmtool attach");
	return STATUS_FAILED;
}

/* Makes, loads and hands over a new segment. */
static enum status create_new(struct creation *creation)
{
	enum status status;

	if (removal_is_forced())
		return refuse_forced_removal();
	status = open_input(creation);
	if (!status)
		status = make_or_open(creation);
	if (status || !creation->created)
		return status;
	if (creation->options->with_guard)
		status = make_guard(creation);
	if (!status)
		status = fill(creation);
	if (!status)
		status = give_away(creation);
	if (!status && creation->guard >= 0)
		status = hand_guard_over(creation);
	return status;
}

static enum status create(struct creation *creation)
{
	const struct create_options *options = creation->options;
	enum status status = STATUS_DONE;
	int error = ENOENT;

	/* what exists is returned untouched: no other option matters, not even FILE */
	if (options->reuse)
		error = open_existing(creation, options->key);
	if (error && (error != ENOENT || (!options->size_given && !options->file)))
		return creation_failed(creation, options->key, error);
	if (error)
		status = create_new(creation);
	if (!status && options->verbose)
		note("%s segment %d", creation->created ? "created" : "found", creation->id);
	if (!status && options->verbose && creation->guard >= 0)
		note("created guard %d", creation->guard);
	if (!status)
		status = print_result(creation);
	if (status)
		undo(creation);
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
		status = enter_namespace(&operands, NULL);
	operands_free(&operands);
	if (status)
		return status;
	/* SIGPIPE must not end us between creating and knowing that the id was printed */
	signal(SIGPIPE, SIG_IGN);
	signals_begin(NULL);
	status = create(&creation);
	input_close(&creation.input);
	signals_end();
	return status;
}
