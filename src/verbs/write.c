/* SPDX-License-Identifier: GPL-2.0-or-later */
/* write: put bytes into a segment, from stdin, a file, or the command line. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shm/bytes/atomic.h"
#include "shm/bytes/copy.h"
#include "shm/process/child.h"
#include "shm/segment/control.h"
#include "shm/system/signals.h"
#include "text/byte_literal.h"
#include "text/byte_range.h"
#include "text/output.h"
#include "text/parse.h"
#include "text/progress.h"
#include "verbs/common/guard_option.h"
#include "verbs/common/input.h"
#include "verbs/common/lookup.h"
#include "verbs/common/memory_errors.h"
#include "verbs/common/select.h"
#include "verbs/verb.h"

enum {
	CODE_OFFSET = 'o',
	CODE_LENGTH = 'n',
	CODE_FILE = 'f',
	CODE_TEXT = 't',
	CODE_HEX = 'x',
	CODE_ZERO = 'z',
	CODE_FILL = 256,
	CODE_TRUNCATE,
	CODE_EXPECT,
	CODE_U8,
	CODE_U16,
	CODE_U32,
	CODE_U64,
	CODE_PROGRESS,
};

static const struct poptOption write_options[] = {
	OPTION_VALUE("offset", 'o', CODE_OFFSET, "begin here (0)", "OFFSET"),
	OPTION_VALUE("length", 'n', CODE_LENGTH, "this many bytes", "LENGTH"),
	OPTION_VALUE("file", 'f', CODE_FILE, "from this file (- is stdin, the default)", "FILE"),
	OPTION_VALUE("text", 't', CODE_TEXT, "this text, with no newline added", "TEXT"),
	OPTION_VALUE("hex", 'x', CODE_HEX, "bytes in hex: \"00 ff 1a\"", "HEX"),
	OPTION_VALUE("u8", '\0', CODE_U8, "this number, as 8 bits", "NUMBER"),
	OPTION_VALUE("u16", '\0', CODE_U16, "as 16 bits, at a multiple of 2", "NUMBER"),
	OPTION_VALUE("u32", '\0', CODE_U32, "as 32 bits, at a multiple of 4", "NUMBER"),
	OPTION_VALUE("u64", '\0', CODE_U64, "as 64 bits, at a multiple of 8", "NUMBER"),
	OPTION_VALUE("expect", '\0', CODE_EXPECT, "only if this is there; else print what is",
		     "VALUE"),
	OPTION_FLAG("zero", 'z', CODE_ZERO, "zeroes; gives memory back where it can"),
	OPTION_VALUE("fill", '\0', CODE_FILL, "this byte all over (0..255, 0x..)", "BYTE"),
	OPTION_FLAG("truncate", '\0', CODE_TRUNCATE, "of input that is too long, take what fits"),
	OPTION_FLAG("progress", '\0', CODE_PROGRESS,
		    "tell on stderr how far it is, not just on a terminal"),
	OPTION_TABLE(guard_option_table, NULL),
	OPTION_END,
};

struct write_options {
	struct byte_range range;
	enum { FROM_FILE, FROM_LITERAL, FROM_ZERO, FROM_FILL } from;
	int sources;      /* how many were given */
	const char *file; /* NULL: stdin */
	struct byte_literal literal;
	const char *expect; /* as it was typed; NULL: anything */
	struct byte_literal expected;
	unsigned char fill;
	bool truncate;
	enum progress_wish progress;
	struct guard_option guard_option;
	bool verbose;
};

static const char *write_option(void *state, int code, const char *value);
static enum status write_run(int argc, char **argv);

const struct verb verb_write = {
	.name = "write",
	.command = {
		.usage = "[OPTION...] SEGMENT",
		.summary = "put bytes into a segment, from stdin, a file or the command line",
		.epilogue = "\nExamples:\n"
			    "  shmtool write 131076 -f saved.bin\n"
			    "  shmtool write 0x1234 -o 4K -x \"01 00 00 00\"\n"
			    "  shmtool write 0x1234 -o 8 --u32 1 --expect 0\n"
			    "  shmtool write 0x1234 -z",
		.options = write_options,
		.handle = write_option,
	},
	.run = write_run,
};

static const char *set_literal(struct write_options *options, const char *value, int notation,
			       size_t length)
{
	options->sources++;
	options->from = FROM_LITERAL;
	byte_literal_free(&options->literal);
	options->literal = (struct byte_literal){ .notation = notation, .number_length = length };
	return byte_literal_parse(&options->literal, value);
}

static const char *set_fill(struct write_options *options, const char *value)
{
	uint64_t byte;
	const char *wrong = parse_number(value, &byte);

	if (!wrong && byte > 255)
		wrong = "not a byte (0..255)";
	options->from = FROM_FILL;
	options->fill = wrong ? 0 : (unsigned char)byte;
	return wrong;
}

static const char *write_option(void *state, int code, const char *value)
{
	struct write_options *options = state;

	switch (code) {
	case CODE_OFFSET:
		return parse_size(value, &options->range.offset);
	case CODE_LENGTH:
		options->range.length_given = true;
		return parse_size(value, &options->range.length);
	case CODE_FILE:
		options->sources++;
		options->from = FROM_FILE;
		options->file = strcmp(value, "-") == 0 ? NULL : value;
		return *value ? NULL : "an empty name";
	case CODE_TEXT:
		return set_literal(options, value, NOTATION_TEXT, 0);
	case CODE_HEX:
		return set_literal(options, value, NOTATION_HEX, 0);
	case CODE_U8:
	case CODE_U16:
	case CODE_U32:
	case CODE_U64:
		return set_literal(options, value, NOTATION_NUMBER, 1U << (code - CODE_U8));
	case CODE_EXPECT:
		options->expect = value;
		return NULL;
	case CODE_ZERO:
		options->sources++;
		options->from = FROM_ZERO;
		return NULL;
	case CODE_FILL:
		options->sources++;
		return set_fill(options, value);
	case CODE_TRUNCATE:
		options->truncate = true;
		return NULL;
	case CODE_PROGRESS:
		options->progress = PROGRESS_ALWAYS;
		return NULL;
	default:
		return guard_option_set(&options->guard_option, code, value);
	}
}

/* --expect: the same notation, the same length, and what can be compared and swapped at once. */
static enum status check_expect(struct write_options *options)
{
	const char *wrong;

	if (!options->expect)
		return STATUS_DONE;
	if (options->from != FROM_LITERAL)
		return fail(STATUS_USAGE,
			    "--expect goes with -t, -x, --u8, --u16, --u32 and --u64");
	options->expected =
		(struct byte_literal){ .notation = options->literal.notation,
				       .number_length = options->literal.number_length };
	wrong = byte_literal_parse(&options->expected, options->expect);
	if (wrong)
		return fail(status_of_wrong(wrong), "--expect \"%.200s\": %s", options->expect,
			    wrong);
	if (options->expected.length != options->literal.length)
		return fail(STATUS_USAGE, "--expect has %zu bytes, and %zu are to be written",
			    options->expected.length, options->literal.length);
	if (!is_word(options->range.offset, options->literal.length))
		return fail(STATUS_USAGE, "--expect goes with 1, 2, 4 or 8 bytes at a multiple of "
					  "their length");
	return STATUS_DONE;
}

static enum status check_options(struct write_options *options)
{
	size_t number = options->literal.number_length;
	enum status status;

	if (options->sources > 1)
		return fail(STATUS_USAGE, "only one of -f, -t, -x, -z, --fill, --u8, --u16, --u32 "
					  "and --u64 may be given");
	if (options->from == FROM_LITERAL && options->range.length_given)
		return fail(STATUS_USAGE,
			    "-n goes with -f, -z and --fill: what is written out has a length");
	if (options->from == FROM_LITERAL && options->literal.length == 0)
		return fail(STATUS_USAGE, "there is nothing to write: the text is empty");
	if (options->truncate && options->from != FROM_FILE)
		return fail(STATUS_USAGE, "--truncate goes with -f");
	if (options->progress != PROGRESS_AUTO && options->from != FROM_FILE)
		return fail(STATUS_USAGE, "--progress goes with -f");
	if (number && options->range.offset % number)
		return number_misplaced(options->range.offset, number);
	status = check_expect(options);
	return status ? status : guard_option_check(&options->guard_option);
}

/* What the work is about, of which a child does a part. */
struct writing {
	const struct write_options *options;
	const struct segment *segment;
	struct input input;
	bool in_child;
	uint64_t *done; /* bytes that were written, for both to see */
};

static enum status read_failed(const struct writing *writing, int error, uint64_t done)
{
	const struct input *input = &writing->input;

	if (error == EINTR)
		return fail(STATUS_FAILED, "interrupted: %" PRIu64 " bytes of %s were written",
			    done, input->name);
	if (error == EFAULT) /* reading into the segment touches its memory */
		return fail(STATUS_EXHAUSTED,
			    "the memory for %s ran out: %" PRIu64 " bytes of %s were written",
			    SEGMENT_LABEL(writing->segment), done, input->name);
	return fail(status_of_file(error), "cannot read %s: %s (%" PRIu64 " bytes were written)",
		    input->name, strerror(error), done);
}

/*
 * Under a guard a stream is taken in whole before: others wait for the guard,
 * not for whoever writes the stream, who may even wait for the guard himself.
 */
static enum status take_in(struct writing *writing)
{
	const struct byte_range *range = &writing->options->range;
	bool some = writing->options->truncate || range->length_given;
	struct input *input = &writing->input;
	int error = input->is_stream ? input_take_in(input, range->length, some) : 0;

	if (!error)
		return STATUS_DONE;
	if (error != EFBIG)
		return read_failed(writing, error, 0);
	return fail(STATUS_FAILED,
		    "%s does not fit: there is room for %" PRIu64 " bytes, and it holds more, or "
		    "more than half of the memory that is available; nothing was written",
		    input->name, range->length);
}

/* Refuses a file that does not fit, before a byte is written. */
static enum status check_file(const struct write_options *options, const struct input *input,
			      const struct segment *segment)
{
	const struct byte_range *range = &options->range;

	if (input->is_stream)
		return STATUS_DONE;
	if (!range->length_given && input->size > range->length && !options->truncate) {
		fail(STATUS_FAILED,
		     "%s does not fit: it holds %" PRIu64 " bytes, and %s has room for %" PRIu64
		     " at offset %" PRIu64 "; nothing was written",
		     input->name, input->size, SEGMENT_LABEL(segment), range->length,
		     range->offset);
		hint("--truncate writes as much as fits");
		return STATUS_FAILED;
	}
	if (range->length_given && input->size < range->length)
		return fail(STATUS_FAILED,
			    "%s is too short: it holds %" PRIu64 " bytes, and -n asks for %" PRIu64
			    "; nothing was written",
			    input->name, input->size, range->length);
	return STATUS_DONE;
}

/* How many bytes will be written, where that is known before. */
static uint64_t known_length(const struct write_options *options, const struct input *input)
{
	const struct byte_range *range = &options->range;

	if (range->length_given)
		return range->length;
	if (input->is_stream)
		return UINT64_MAX;
	return input->size < range->length ? input->size : range->length;
}

/*
 * Reads a word whole before it is put, at once; of input that is too short,
 * what there is. *done and errors as in copy_in.
 */
static int copy_word_in(const struct write_options *options, const struct input *input,
			struct memory *memory, size_t length, uint64_t *done)
{
	unsigned char bytes[WORD_MAX];
	size_t have = 0;
	ssize_t got = 1;
	int error = 0;

	while (!error && have < length && got) {
		error = signals_wait(input->fd, POLLIN, -1);
		got = error ? 0 : read(input->fd, bytes + have, length - have);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			error = errno;
		have += got > 0 ? (size_t)got : 0;
	}
	*done = have;
	if (have) {
		int failed = memory_put(memory, options->range.offset, bytes, have);

		error = error ? error : failed;
	}
	return error;
}

/* The child is at work, and its parent wants to know how far it came. */
struct telling {
	struct progress progress;
	uint64_t *done;
};

static void tell_progress(void *state, uint64_t done)
{
	struct telling *telling = state;

	*telling->done = done;
	progress_update(&telling->progress, done);
}

static enum status write_input(struct writing *writing, struct memory *memory)
{
	const struct write_options *options = writing->options;
	const struct byte_range *range = &options->range;
	const struct input *input = &writing->input;
	uint64_t done;
	bool more = false;
	struct telling telling = { .done = writing->done };
	struct copy_options copy = {
		.lend_nothing = options->guard_option.given,
		.exclusive = input->ours,
		.report = tell_progress,
		.state = &telling,
	};
	uint64_t length = known_length(options, input);
	int error;

	progress_begin(&telling.progress, options->progress, length == UINT64_MAX ? 0 : length);
	copy.interval = progress_interval(&telling.progress);
	if (is_word(range->offset, length))
		error = copy_word_in(options, input, memory, (size_t)length, &done);
	else
		error = copy_in(memory, range->offset, range->length, input->fd, &copy, &done);
	tell_progress(&telling, done);
	progress_end(&telling.progress);
	if (options->verbose)
		note("wrote %" PRIu64 " bytes from %s", done, input->name);

	if (!error && range->length_given && done < range->length)
		return fail(STATUS_FAILED,
			    "%s was too short: %" PRIu64 " bytes were written, and -n asks for "
			    "%" PRIu64,
			    input->name, done, range->length);
	if (!error && !range->length_given && !options->truncate && done == range->length)
		error = input_has_more(input, &more);
	if (error)
		return read_failed(writing, error, done);
	if (more)
		return fail(STATUS_FAILED,
			    "%s does not fit: %" PRIu64 " bytes were written, and there is more",
			    input->name, done);
	return STATUS_DONE;
}

/* Prints what was found in place of what was expected, in its notation. */
static enum status print_found(const struct byte_literal *expected, uint64_t found)
{
	static struct output output;
	unsigned char bytes[WORD_MAX];

	word_to_bytes(found, bytes, expected->length);
	output_begin(&output, STDOUT_FILENO);
	byte_literal_print(&output, expected, bytes);
	return output_end(&output, STATUS_NO);
}

/* Compares and swaps. */
static enum status put_expected(const struct write_options *options, struct memory *memory)
{
	size_t length = options->literal.length;
	uint64_t found = word_from_bytes(options->expected.bytes, length);
	uint64_t wanted = word_from_bytes(options->literal.bytes, length);

	if (word_swap(memory->bytes + options->range.offset, length, &found, wanted))
		return STATUS_DONE;
	return print_found(&options->expected, found);
}

/* A word of zeroes, which gives no memory to a hole, or of another byte. */
static int put_word(struct writing *writing, struct memory *memory)
{
	const struct byte_range *range = &writing->options->range;
	unsigned char byte = writing->options->from == FROM_FILL ? writing->options->fill : 0;
	unsigned char bytes[WORD_MAX];
	uint64_t there = 1;
	int error = byte ? 0 : memory_load(memory, range->offset, range->length, &there);

	memset(bytes, byte, sizeof(bytes));
	if (!error && there)
		word_store(memory->bytes + range->offset, range->length,
			   word_from_bytes(bytes, range->length));
	if (writing->in_child)
		*writing->done = range->length;
	return error;
}

/* Puts the same byte all over, some at a time, so that a signal is seen soon. */
static enum status fill_range(struct writing *writing, struct memory *memory)
{
	enum { PIECE = 4 * 1024 * 1024 };
	const struct byte_range *range = &writing->options->range;
	uint64_t done = 0;

	while (done < range->length) {
		uint64_t left = range->length - done;
		size_t piece = left < PIECE ? (size_t)left : PIECE;
		uint64_t in_page = memory->page - (range->offset + done) % memory->page;

		/* huge pages may run out: each is counted */
		if (memory_is_huge(memory) && piece > in_page)
			piece = (size_t)in_page;
		if (signals_came())
			return fail(STATUS_FAILED, "interrupted: %" PRIu64 " bytes were filled",
				    done);
		memory_prepare(memory, range->offset + done, piece, true);
		memset(memory->bytes + range->offset + done, writing->options->fill, piece);
		done += piece;
		*writing->done = done;
	}
	return STATUS_DONE;
}

static enum status put(struct writing *writing, struct memory *memory)
{
	const struct write_options *options = writing->options;
	const struct byte_range *range = &options->range;
	const struct byte_literal *literal = &options->literal;
	int error;

	if (options->from == FROM_FILE)
		return write_input(writing, memory);
	if (options->expect)
		return put_expected(options, memory);
	if (options->from == FROM_LITERAL)
		error = memory_put(memory, range->offset, literal->bytes, literal->length);
	else if (is_word(range->offset, range->length))
		error = put_word(writing, memory);
	else if (options->from == FROM_FILL)
		return fill_range(writing, memory);
	else
		error = memory_zero(memory, range->offset, range->length);
	return error ? segment_failed("write", writing->segment, error) : STATUS_DONE;
}

/* "load FILE", "fill segment 5 (key 0x4d2)": what could not be done */
enum { WORK_SIZE = PATH_MAX + SEGMENT_LABEL_SIZE };
static const char *work(char text[WORK_SIZE], const struct writing *writing)
{
	if (writing->options->from == FROM_FILE)
		snprintf(text, WORK_SIZE, "load %s", writing->input.name);
	else
		snprintf(text, WORK_SIZE, "fill %s", SEGMENT_LABEL(writing->segment));
	return text;
}
#define WORK(writing) work((char[WORK_SIZE]){ 0 }, writing)

/*
 * Refuses what our control group would be killed for: the data that cannot all
 * go where there is memory already.
 */
static enum status check_memory(const struct writing *writing, const struct memory *memory)
{
	const struct byte_range *range = &writing->options->range;
	struct extent known = { 0 };
	struct places places;
	uint64_t data = range->length;
	uint64_t there;

	if (writing->options->from == FROM_FILE)
		data = input_memory(&writing->input);
	if (!data || writing->input.ours ||
	    memory_places(memory, range->offset, range->length, &known, &places))
		return STATUS_DONE;
	there = range->length - places.bytes[PLACE_HOLE];
	return loading_allowed(WORK(writing), data > there ? data - there : 0);
}

/* Signals end us while we wait for the guard, as they end anyone who waits. */
static enum status take_guard(struct writing *writing)
{
	return guard_option_take(&writing->options->guard_option);
}

/*
 * Whether what was written stays: nothing of a segment that was marked for removal
 * meanwhile does, once those are gone who have it attached, ourselves at most.
 */
static enum status look_again(const struct writing *writing)
{
	const struct segment *before = writing->segment;
	const struct byte_range *range = &writing->options->range;
	uint64_t done = writing->in_child ? *writing->done : range->length;
	struct segment now;

	if (before->dest || segment_look(before->id, &now) || !now.dest)
		return STATUS_DONE;
	return fail(STATUS_BUSY,
		    "%s was marked for removal meanwhile: the %" PRIu64 " bytes that were written "
		    "go with its last detach",
		    SEGMENT_LABEL(before), done);
}

/* Attaches the segment, and writes; returns the status, for child_run(). */
static int write_attached(void *context)
{
	struct writing *writing = context;
	const struct guard_option *guard_option = &writing->options->guard_option;
	struct memory memory;
	enum status status = STATUS_DONE;
	int error = memory_open(&memory, writing->segment->id, true);

	if (error)
		return (int)segment_failed("write", writing->segment, error);
	loading_may_fail("write", writing->segment, &memory,
			 writing->in_child ? writing->done : NULL);
	if (writing->in_child)
		status = check_memory(writing, &memory);
	if (!status)
		status = take_guard(writing);
	if (!status) {
		status = put(writing, &memory);
		status_keep_first(&status, guard_option_release(guard_option));
	}
	if (!status)
		status = look_again(writing);
	memory_close(&memory);
	return (int)status;
}

/*
 * Has a child do what may take so much memory that it is killed for it. The
 * guard is the child's as well: the kernel gives it back when the child is gone.
 */
static enum status write_in_child(struct writing *writing)
{
	char rest[WORK_SIZE];
	int result = STATUS_FAILED;
	int error;

	writing->in_child = true;
	writing->done = mmap(NULL, sizeof(*writing->done), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (writing->done == MAP_FAILED)
		return loading_failed(WORK(writing), errno, 0, "");
	error = child_run(write_attached, writing, CHILD_DIES_TOO, &result);
	snprintf(rest, sizeof(rest), "%" PRIu64 " bytes were written", *writing->done);
	munmap(writing->done, sizeof(*writing->done));
	if (!error)
		return (enum status)result;
	/* a signal that we passed on ended it, and will end us */
	if (error == EOWNERDEAD && signals_came())
		return STATUS_FAILED;
	return loading_failed(WORK(writing), error, result, rest);
}

/* Reads FILE, or fills: work that may be long, and large. */
static enum status write_much(struct writing *writing)
{
	const struct write_options *options = writing->options;
	bool file = options->from == FROM_FILE;
	enum status status = STATUS_DONE;

	signals_begin(NULL);
	if (file)
		status = input_open(&writing->input, options->file ? options->file : "-");
	if (!status && file && options->guard_option.given)
		status = take_in(writing);
	if (!status && file)
		status = check_file(options, &writing->input, writing->segment);
	if (!status)
		status = write_in_child(writing);
	input_close(&writing->input);
	signals_end();
	return status;
}

static enum status write_segment(struct write_options *options, const struct segment_ref *ref)
{
	struct segment segment;
	struct writing writing = { .options = options, .segment = &segment, .input.fd = -1 };
	enum status status = find_segment(ref, &segment);

	if (options->from == FROM_LITERAL) {
		options->range.length_given = true;
		options->range.length = options->literal.length;
	}
	if (!status)
		status = byte_range_check(&options->range, &segment);
	if (!status)
		status = guard_option_find(&options->guard_option);
	if (status)
		return status;
	if (options->from == FROM_FILE || options->from == FROM_FILL)
		status = write_much(&writing);
	else
		status = (enum status)write_attached(&writing);
	/* for a file copy_in tells */
	if (!status && options->verbose && options->from != FROM_FILE)
		note("wrote %" PRIu64 " bytes to %s", options->range.length,
		     SEGMENT_LABEL(&segment));
	return status;
}

static enum status write_run(int argc, char **argv)
{
	struct write_options options = { 0 };
	struct operands operands;
	struct segment_ref ref;
	enum status status;

	if (!options_read(&verb_write.command, argc, argv, &options, &operands, &status)) {
		byte_literal_free(&options.literal);
		return status;
	}
	options.verbose = operands.verbose;
	status = check_options(&options);
	if (!status)
		status = read_only_segment(&operands, &ref);
	if (!status)
		status = enter_namespace(&operands, NULL);
	if (!status)
		status = write_segment(&options, &ref);
	byte_literal_free(&options.literal);
	byte_literal_free(&options.expected);
	operands_free(&operands);
	return status;
}
