/* SPDX-License-Identifier: GPL-2.0-or-later */
/* write: put bytes into a segment, from stdin, a file, or the command line. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/transfer.h"
#include "shm/word.h"
#include "text/output.h"
#include "text/parse.h"
#include "text/progress.h"
#include "text/range.h"
#include "verbs/guarding.h"
#include "verbs/select.h"
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
	OPTION_TABLE(guarding_options, NULL),
	OPTION_END,
};

/* How the bytes of a literal are written, and those that were expected. */
struct notation {
	enum { NOTATION_TEXT, NOTATION_HEX, NOTATION_NUMBER } kind;
	size_t length; /* of a number, in bytes */
};

struct literal {
	unsigned char *bytes;
	size_t length;
};

struct write_options {
	struct range range;
	enum { FROM_FILE, FROM_LITERAL, FROM_ZERO, FROM_FILL } from;
	int sources;      /* how many were given */
	const char *file; /* NULL: stdin */
	struct notation notation;
	struct literal literal;
	const char *expect; /* as it was typed; NULL: anything */
	struct literal expected;
	unsigned char fill;
	bool truncate;
	enum progress_wish progress;
	struct guarding guarding;
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

/* A number that fits into so many bytes, as they are in memory. */
static const char *parse_word(const char *value, unsigned char *bytes, size_t length)
{
	static const char *const too_large[WORD_MAX + 1] = {
		[1] = "does not fit: 8 bits hold 0..255",
		[2] = "does not fit: 16 bits hold 0..65535",
		[4] = "does not fit: 32 bits hold 0..4294967295",
	};
	uint64_t number;
	const char *wrong = parse_number(value, &number);

	if (!wrong && length < sizeof(number) && number >> (length * 8))
		wrong = too_large[length];
	if (!wrong)
		word_to_bytes(number, bytes, length);
	return wrong;
}

/* Bytes in the notation of -t, -x or a number, in memory of their own. */
static const char *parse_literal(const struct notation *notation, const char *value,
				 struct literal *literal)
{
	size_t length = strlen(value);

	free(literal->bytes);
	literal->bytes = malloc(length + WORD_MAX);
	literal->length = length;
	if (!literal->bytes)
		return "not enough memory";
	switch (notation->kind) {
	case NOTATION_HEX:
		return parse_hex(value, literal->bytes, &literal->length);
	case NOTATION_NUMBER:
		literal->length = notation->length;
		return parse_word(value, literal->bytes, literal->length);
	default:
		memcpy(literal->bytes, value, length);
		return NULL;
	}
}

static const char *set_literal(struct write_options *options, const char *value, int kind,
			       size_t length)
{
	options->from = FROM_LITERAL;
	options->notation = (struct notation){ .kind = kind, .length = length };
	return parse_literal(&options->notation, value, &options->literal);
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
		options->sources++;
		return set_literal(options, value, NOTATION_TEXT, 0);
	case CODE_HEX:
		options->sources++;
		return set_literal(options, value, NOTATION_HEX, 0);
	case CODE_U8:
	case CODE_U16:
	case CODE_U32:
	case CODE_U64:
		options->sources++;
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
		return guarding_option(&options->guarding, code, value);
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
	wrong = parse_literal(&options->notation, options->expect, &options->expected);
	if (wrong)
		return fail(STATUS_USAGE, "--expect \"%.200s\": %s", options->expect, wrong);
	if (options->expected.length != options->literal.length)
		return fail(STATUS_USAGE, "--expect has %zu bytes, and %zu are to be written",
			    options->expected.length, options->literal.length);
	if (!word_is(options->range.offset, options->literal.length))
		return fail(STATUS_USAGE, "--expect goes with 1, 2, 4 or 8 bytes at a multiple of "
					  "their length");
	return STATUS_DONE;
}

static enum status check_options(struct write_options *options)
{
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
	if (options->notation.length && options->range.offset % options->notation.length)
		return number_misplaced(options->range.offset, options->notation.length);
	status = check_expect(options);
	return status ? status : guarding_check(&options->guarding);
}

/* The input, and what is known of it. */
struct input {
	const char *name;
	int fd;
	bool is_stream; /* its size is not known */
	uint64_t size;  /* bytes still to be read */
};

static enum status read_failed(const struct input *input, int error, uint64_t done)
{
	if (error == EINTR)
		return fail(STATUS_FAILED, "interrupted: %" PRIu64 " bytes of %s were written",
			    done, input->name);
	if (error == EFAULT) /* reading into the segment touches its memory */
		return fail(STATUS_EXHAUSTED,
			    "the memory for the segment ran out: %" PRIu64
			    " bytes of %s were written",
			    done, input->name);
	return fail(status_of_file(error), "cannot read %s: %s (%" PRIu64 " bytes were written)",
		    input->name, strerror(error), done);
}

static enum status open_input(const struct write_options *options, struct input *input)
{
	struct stat status;
	off_t at;

	*input = (struct input){ .name = options->file ? options->file : "stdin" };
	input->fd = options->file ? open(options->file, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (input->fd < 0 || fstat(input->fd, &status) < 0)
		return fail(status_of_file(errno), "cannot read %s: %s", input->name,
			    strerror(errno));
	if (S_ISDIR(status.st_mode))
		return fail(STATUS_FAILED, "cannot read %s: %s", input->name, strerror(EISDIR));
	/* files of /proc are regular, and 0 bytes long whatever they hold */
	input->is_stream = !S_ISREG(status.st_mode) || status.st_size == 0;
	if (input->is_stream)
		return STATUS_DONE;
	at = lseek(input->fd, 0, SEEK_CUR);
	input->size = at < status.st_size ? (uint64_t)(status.st_size - at) : 0;
	return STATUS_DONE;
}

/*
 * Under a guard a stream is taken in whole before: others wait for the guard,
 * not for whoever writes the stream, who may even wait for the guard himself.
 */
static enum status take_in(const struct write_options *options, struct input *input)
{
	const struct range *range = &options->range;
	bool some = options->truncate || range->length_given;
	struct interrupt interrupt;
	struct stat status;
	int error;
	int spool;

	if (!input->is_stream)
		return STATUS_DONE;
	error = interrupt_begin(&interrupt, NULL);
	if (error)
		return fail(STATUS_FAILED, "cannot wait for signals: %s", strerror(error));
	spool = (some ? transfer_spool_some : transfer_spool)(input->fd, range->length, &interrupt,
							      &error);
	if (spool >= 0 && fstat(spool, &status) < 0)
		error = errno;
	if (error == EFBIG)
		fail(STATUS_FAILED,
		     "%s does not fit: there is room for %" PRIu64 " bytes, and it holds more, or "
		     "more than half of the memory that is available; nothing was written",
		     input->name, range->length);
	else if (error)
		read_failed(input, error, 0);
	interrupt_end(&interrupt);
	if (error)
		return status_of_file(error);
	if (options->file)
		close(input->fd);
	*input = (struct input){
		.name = input->name,
		.fd = spool,
		.size = (uint64_t)status.st_size,
	};
	return STATUS_DONE;
}

/* Refuses a file that does not fit, before a byte is written. */
static enum status check_file(const struct write_options *options, const struct input *input,
			      const struct segment *segment)
{
	const struct range *range = &options->range;

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
	const struct range *range = &options->range;

	if (range->length_given)
		return range->length;
	if (input->is_stream)
		return UINT64_MAX;
	return input->size < range->length ? input->size : range->length;
}

/*
 * Reads a word whole before it is put, at once; of input that is too short,
 * what there is. *done and errors as in transfer_in.
 */
static int copy_word_in(const struct write_options *options, const struct input *input,
			struct memory *memory, size_t length, struct interrupt *interrupt,
			uint64_t *done)
{
	unsigned char bytes[WORD_MAX];
	size_t have = 0;
	ssize_t got = 1;
	int error = 0;

	while (!error && have < length && got) {
		error = interrupt_wait(interrupt, input->fd, POLLIN, -1);
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

static enum status copy_in(const struct write_options *options, const struct input *input,
			   struct memory *memory, struct interrupt *interrupt)
{
	const struct range *range = &options->range;
	uint64_t done;
	char extra;
	ssize_t more;
	struct progress progress;
	struct transfer transfer = {
		.interrupt = interrupt,
		.copied = options->guarding.given,
		.tell = progress_tell,
		.state = &progress,
	};
	uint64_t length = known_length(options, input);
	int error;

	progress_begin(&progress, options->progress, length == UINT64_MAX ? 0 : length);
	if (word_is(range->offset, length))
		error = copy_word_in(options, input, memory, (size_t)length, interrupt, &done);
	else
		error = transfer_in(memory, range->offset, range->length, input->fd, &transfer,
				    &done);
	progress_tell(&progress, done);
	progress_end(&progress);
	if (options->verbose)
		note("wrote %" PRIu64 " bytes from %s", done, input->name);

	if (error)
		return read_failed(input, error, done);
	if (range->length_given && done < range->length)
		return fail(STATUS_FAILED,
			    "%s was too short: %" PRIu64 " bytes were written, and -n asks for "
			    "%" PRIu64,
			    input->name, done, range->length);
	if (range->length_given || options->truncate || done < range->length)
		return STATUS_DONE;
	error = interrupt_wait(interrupt, input->fd, POLLIN, -1);
	if (error)
		return read_failed(input, error, done);
	more = read(input->fd, &extra, 1);
	if (more < 0)
		return read_failed(input, errno, done);
	if (more)
		return fail(STATUS_FAILED,
			    "%s does not fit: %" PRIu64 " bytes were written, and there is more",
			    input->name, done);
	return STATUS_DONE;
}

static enum status write_file(const struct write_options *options, const struct input *input,
			      struct memory *memory)
{
	struct interrupt interrupt;
	enum status status;
	int error = interrupt_begin(&interrupt, NULL);

	if (error)
		return fail(STATUS_FAILED, "cannot wait for signals: %s", strerror(error));
	status = copy_in(options, input, memory, &interrupt);
	interrupt_end(&interrupt);
	return status;
}

/* Text that may be anything, which must not play with a terminal. */
static void print_text(struct output *output, const unsigned char *bytes, size_t length)
{
	char text[WORD_MAX + 1] = { 0 };

	if (!isatty(STDOUT_FILENO)) {
		output_bytes(output, bytes, length);
		return;
	}
	memcpy(text, bytes, length);
	for (size_t at = 0; at < length; at += strlen(text + at) + 1) {
		output_escaped(output, text + at);
		if (at + strlen(text + at) < length)
			output_text(output, "\\x00");
	}
}

/* Prints what was found in place of what was expected, in its notation. */
static enum status print_found(const struct write_options *options, uint64_t found)
{
	static struct output output;
	unsigned char bytes[WORD_MAX];
	size_t length = options->literal.length;

	word_to_bytes(found, bytes, length);
	output_begin(&output, STDOUT_FILENO);
	switch (options->notation.kind) {
	case NOTATION_NUMBER:
		output_number(&output, found);
		break;
	case NOTATION_HEX:
		for (size_t i = 0; i < length; i++)
			output_format(&output, "%02x", bytes[i]);
		break;
	default:
		print_text(&output, bytes, length);
	}
	output_char(&output, '\n');
	return output_end(&output, STATUS_NO);
}

/* Compares and swaps. */
static enum status put_expected(const struct write_options *options, struct memory *memory)
{
	size_t length = options->literal.length;
	uint64_t found = word_from_bytes(options->expected.bytes, length);
	uint64_t wanted = word_from_bytes(options->literal.bytes, length);

	if (word_swap(memory, options->range.offset, length, &found, wanted))
		return STATUS_DONE;
	return print_found(options, found);
}

/* A word of zeroes, which gives no memory to a hole, or of another byte. */
static int put_word(struct memory *memory, uint64_t offset, size_t length, unsigned char byte)
{
	unsigned char bytes[WORD_MAX];
	uint64_t there = 1;
	int error = byte ? 0 : word_load(memory, offset, length, &there);

	memset(bytes, byte, sizeof(bytes));
	if (!error && there)
		word_store(memory, offset, length, word_from_bytes(bytes, length));
	return error;
}

/* Puts what the command line says. Returns 0 or an errno value. */
static int put_given(const struct write_options *options, struct memory *memory)
{
	const struct literal *literal = &options->literal;
	const struct range *range = &options->range;
	bool fill = options->from == FROM_FILL;

	if (options->from == FROM_LITERAL)
		return memory_put(memory, range->offset, literal->bytes, literal->length);
	if (word_is(range->offset, range->length))
		return put_word(memory, range->offset, range->length, fill ? options->fill : 0);
	if (!fill)
		return memory_zero(memory, range->offset, range->length);
	memset(memory->bytes + range->offset, options->fill, range->length);
	return 0;
}

static enum status put(const struct write_options *options, const struct input *input,
		       const struct segment *segment, struct memory *memory)
{
	int error;

	if (options->from == FROM_FILE)
		return write_file(options, input, memory);
	if (options->expect)
		return put_expected(options, memory);
	error = put_given(options, memory);
	return error ? segment_failed("write", segment, error) : STATUS_DONE;
}

/* What a literal, -z or --fill put there; for a file copy_in tells. */
static void tell(const struct write_options *options, const struct segment *segment)
{
	if (options->verbose && options->from != FROM_FILE)
		note("wrote %" PRIu64 " bytes to %s", options->range.length,
		     SEGMENT_LABEL(segment));
}

static enum status write_segment(struct write_options *options, const struct segment_ref *ref,
				 struct input *input)
{
	struct segment segment;
	struct memory memory;
	enum status status = find_segment(ref, &segment);
	int error;

	if (options->from == FROM_LITERAL) {
		options->range.length_given = true;
		options->range.length = options->literal.length;
	}
	if (!status)
		status = range_check(&options->range, &segment);
	if (!status)
		status = guarding_find(&options->guarding);
	if (!status && options->from == FROM_FILE)
		status = open_input(options, input);
	if (!status && options->from == FROM_FILE && options->guarding.given)
		status = take_in(options, input);
	if (!status && options->from == FROM_FILE)
		status = check_file(options, input, &segment);
	if (status)
		return status;
	error = memory_open(&memory, segment.id, true);
	if (error)
		return segment_failed("write", &segment, error);
	fail_on_bus_error();
	status = guarding_take(&options->guarding);
	if (!status) {
		status = put(options, input, &segment, &memory);
		status_keep_first(&status, guarding_release(&options->guarding));
	}
	memory_close(&memory);
	if (!status)
		tell(options, &segment);
	return status;
}

static enum status write_run(int argc, char **argv)
{
	struct write_options options = { 0 };
	struct input input = { .fd = -1 };
	struct operands operands;
	struct segment_ref ref;
	enum status status;

	if (!options_read(&verb_write.command, argc, argv, &options, &operands, &status)) {
		free(options.literal.bytes);
		return status;
	}
	options.verbose = operands.verbose;
	status = check_options(&options);
	if (!status)
		status = read_only_segment(&operands, &ref);
	if (!status)
		status = enter_namespace(&operands, NULL);
	if (!status)
		status = write_segment(&options, &ref, &input);
	if (input.fd > STDIN_FILENO)
		close(input.fd);
	free(options.literal.bytes);
	free(options.expected.bytes);
	operands_free(&operands);
	return status;
}
