/* SPDX-License-Identifier: GPL-2.0-or-later */
/* write: writes bytes into a segment, from stdin, a file or arguments. */
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
	OPTION_VALUE("offset", 'o', CODE_OFFSET, "start at OFFSET (0)", "OFFSET"),
	OPTION_VALUE("length", 'n', CODE_LENGTH, "write LENGTH bytes", "LENGTH"),
	OPTION_VALUE("file", 'f', CODE_FILE, "read from FILE (- is stdin, the default)", "FILE"),
	OPTION_VALUE("text", 't', CODE_TEXT, "write TEXT, without adding a newline", "TEXT"),
	OPTION_VALUE("hex", 'x', CODE_HEX, "write these bytes: \"00 ff 1a\"", "HEX"),
	OPTION_VALUE("u8", '\0', CODE_U8, "write an 8-bit number", "NUMBER"),
	OPTION_VALUE("u16", '\0', CODE_U16, "write a 16-bit number (OFFSET a multiple of 2)",
		     "NUMBER"),
	OPTION_VALUE("u32", '\0', CODE_U32, "write a 32-bit number (OFFSET a multiple of 4)",
		     "NUMBER"),
	OPTION_VALUE("u64", '\0', CODE_U64, "write a 64-bit number (OFFSET a multiple of 8)",
		     "NUMBER"),
	OPTION_VALUE("expect", '\0', CODE_EXPECT,
		     "write only if VALUE is there now; else print what is", "VALUE"),
	OPTION_FLAG("zero", 'z', CODE_ZERO, "write zeros, freeing memory where possible"),
	OPTION_VALUE("fill", '\0', CODE_FILL, "fill with BYTE (0..255 or 0x00..0xff)", "BYTE"),
	OPTION_FLAG("truncate", '\0', CODE_TRUNCATE, "write what fits if the input is too long"),
	OPTION_FLAG("progress", '\0', CODE_PROGRESS,
		    "show progress on stderr, even if it is not a terminal"),
	OPTION_TABLE(guard_option_table, NULL),
	OPTION_END,
};

static const char *write_option(void *state, int code, const char *value);
static enum status write_run(int argc, char **argv);

const struct verb verb_write = {
	.name = "write",
	.command = {
		.usage = "[OPTION...] SEGMENT",
		.summary = "write bytes into a segment, from stdin, a file or arguments",
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
		return *value ? NULL : "empty name";
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

/* Checks --expect: its notation and length must be those of the value, and a word (atomic.h). */
static enum status check_expect(struct write_options *options)
{
	const char *wrong;

	if (!options->expect)
		return STATUS_DONE;
	if (options->from != FROM_LITERAL)
		return fail(STATUS_USAGE,
			    "--expect can only be used with -t, -x, --u8, --u16, --u32 and --u64");
	options->expected =
		(struct byte_literal){ .notation = options->literal.notation,
				       .number_length = options->literal.number_length };
	wrong = byte_literal_parse(&options->expected, options->expect);
	if (wrong)
		return fail(status_of_wrong(wrong), "--expect \"%.200s\": %s", options->expect,
			    wrong);
	if (options->expected.length != options->literal.length)
		return fail(STATUS_USAGE,
			    "--expect must have the same length as the data (%zu and %zu bytes)",
			    options->expected.length, options->literal.length);
	if (!is_word(options->range.offset, options->literal.length))
		return fail(STATUS_USAGE, "--expect works only on 1, 2, 4 or 8 bytes at an "
					  "offset that is a multiple of that length");
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
		return fail(STATUS_USAGE, "-n can only be used with -f, -z and --fill");
	if (options->from == FROM_LITERAL && options->literal.length == 0)
		return fail(STATUS_USAGE, "%s: nothing to write",
			    options->literal.notation == NOTATION_HEX ? "--hex" : "--text");
	if (options->truncate && options->from != FROM_FILE)
		return fail(STATUS_USAGE, "--truncate can only be used with -f");
	if (options->progress != PROGRESS_AUTO && options->from != FROM_FILE)
		return fail(STATUS_USAGE, "--progress can only be used with -f");
	if (number && options->range.offset % number)
		return number_misaligned(options->range.offset, number);
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
