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
#include "text/parse.h"
#include "text/range.h"
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
};

static const struct poptOption write_options[] = {
	OPTION_VALUE("offset", 'o', CODE_OFFSET, "begin here (0)", "OFFSET"),
	OPTION_VALUE("length", 'n', CODE_LENGTH, "this many bytes", "LENGTH"),
	OPTION_VALUE("file", 'f', CODE_FILE, "from this file (- is stdin, the default)", "FILE"),
	OPTION_VALUE("text", 't', CODE_TEXT, "this text, with no newline added", "TEXT"),
	OPTION_VALUE("hex", 'x', CODE_HEX, "bytes in hex: \"00 ff 1a\"", "HEX"),
	OPTION_FLAG("zero", 'z', CODE_ZERO, "zeroes; gives memory back where it can"),
	OPTION_VALUE("fill", '\0', CODE_FILL, "this byte all over (0..255, 0x..)", "BYTE"),
	OPTION_FLAG("truncate", '\0', CODE_TRUNCATE, "of input that is too long, take what fits"),
	OPTION_END,
};

struct write_options {
	struct range range;
	enum { FROM_FILE, FROM_LITERAL, FROM_ZERO, FROM_FILL } from;
	int sources;      /* how many were given */
	const char *file; /* NULL: stdin */
	unsigned char *literal;
	size_t literal_length;
	unsigned char fill;
	bool truncate;
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
			    "  shmtool write 0x1234 -z",
		.options = write_options,
		.handle = write_option,
	},
	.run = write_run,
};

static const char *set_literal(struct write_options *options, const char *value, bool hex)
{
	size_t length = strlen(value);

	options->from = FROM_LITERAL;
	free(options->literal);
	options->literal = malloc(length + 1);
	if (!options->literal)
		return "not enough memory";
	if (hex)
		return parse_hex(value, options->literal, &options->literal_length);
	memcpy(options->literal, value, length);
	options->literal_length = length;
	return NULL;
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

	options->sources += code != CODE_OFFSET && code != CODE_LENGTH && code != CODE_TRUNCATE;
	switch (code) {
	case CODE_OFFSET:
		return parse_size(value, &options->range.offset);
	case CODE_LENGTH:
		options->range.length_given = true;
		return parse_size(value, &options->range.length);
	case CODE_FILE:
		options->from = FROM_FILE;
		options->file = strcmp(value, "-") == 0 ? NULL : value;
		return *value ? NULL : "an empty name";
	case CODE_TEXT:
		return set_literal(options, value, false);
	case CODE_HEX:
		return set_literal(options, value, true);
	case CODE_ZERO:
		options->from = FROM_ZERO;
		return NULL;
	case CODE_FILL:
		return set_fill(options, value);
	case CODE_TRUNCATE:
		options->truncate = true;
		return NULL;
	default:
		return NULL;
	}
}

static enum status check_options(struct write_options *options)
{
	if (options->sources > 1)
		return fail(STATUS_USAGE, "only one of -f, -t, -x, -z and --fill may be given");
	if (options->from == FROM_LITERAL && options->range.length_given)
		return fail(STATUS_USAGE,
			    "-n goes with -f, -z and --fill: -t and -x have a length");
	if (options->from == FROM_LITERAL && options->literal_length == 0)
		return fail(STATUS_USAGE, "there is nothing to write: the text is empty");
	if (options->truncate && options->from != FROM_FILE)
		return fail(STATUS_USAGE, "--truncate goes with -f");
	return STATUS_DONE;
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

static enum status copy_in(const struct write_options *options, const struct input *input,
			   struct memory *memory, struct interrupt *interrupt)
{
	const struct range *range = &options->range;
	uint64_t done;
	char extra;
	ssize_t more;
	struct transfer transfer = { .interrupt = interrupt };
	int error = transfer_in(memory, range->offset, range->length, input->fd, &transfer, &done);

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

static enum status put(const struct write_options *options, const struct input *input,
		       struct memory *memory)
{
	const struct range *range = &options->range;

	switch (options->from) {
	case FROM_LITERAL:
		memory_put(memory, range->offset, options->literal, options->literal_length);
		return STATUS_DONE;
	case FROM_ZERO:
		memory_zero(memory, range->offset, range->length);
		return STATUS_DONE;
	case FROM_FILL:
		memset(memory->bytes + range->offset, options->fill, range->length);
		return STATUS_DONE;
	default:
		return write_file(options, input, memory);
	}
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
		options->range.length = options->literal_length;
	}
	if (!status)
		status = range_check(&options->range, &segment);
	if (!status && options->from == FROM_FILE)
		status = open_input(options, input);
	if (!status && options->from == FROM_FILE)
		status = check_file(options, input, &segment);
	if (status)
		return status;
	error = memory_open(&memory, segment.id, true);
	if (error)
		return segment_failed("write", &segment, error);
	fail_on_bus_error();
	status = put(options, input, &memory);
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
		free(options.literal);
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
	if (options.file && input.fd >= 0)
		close(input.fd);
	free(options.literal);
	operands_free(&operands);
	return status;
}
