/* SPDX-License-Identifier: GPL-2.0-or-later */
/* write: put bytes into a segment, from stdin, a file, or the command line. */
#include <string.h>

#include "shm/bytes/atomic.h"
#include "text/parse.h"
#include "verbs/common/lookup.h"
#include "verbs/common/namespaces.h"
#include "verbs/verb.h"
#include "verbs/write_segment.h"

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
		.operands = OPERANDS_SEGMENT,
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
		status = enter_namespace(&operands, false);
	if (!status)
		status = write_segment(&options, &ref);
	byte_literal_free(&options.literal);
	byte_literal_free(&options.expected);
	operands_free(&operands);
	return status;
}
