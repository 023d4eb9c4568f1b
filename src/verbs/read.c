/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read: copies bytes out of a segment, or dumps them in hex. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "shm/bytes/atomic.h"
#include "shm/bytes/copy.h"
#include "shm/bytes/output_file.h"
#include "shm/system/signals.h"
#include "text/byte_range.h"
#include "text/hexdump.h"
#include "text/parse.h"
#include "text/progress.h"
#include "text/units.h"
#include "verbs/common/guard_option.h"
#include "verbs/common/lookup.h"
#include "verbs/common/memory_errors.h"
#include "verbs/common/namespaces.h"
#include "verbs/verb.h"

enum {
	CODE_OFFSET = 'o',
	CODE_LENGTH = 'n',
	CODE_FILE = 'f',
	CODE_HEX = 'x',
	CODE_U8 = 256,
	CODE_U16,
	CODE_U32,
	CODE_U64,
	CODE_PROGRESS,
};

static const struct poptOption read_options[] = {
	OPTION_VALUE("offset", 'o', CODE_OFFSET, "start at OFFSET (0)", "OFFSET"),
	OPTION_VALUE("length", 'n', CODE_LENGTH, "read LENGTH bytes (default: to the end)",
		     "LENGTH"),
	OPTION_VALUE("file", 'f', CODE_FILE, "write to FILE, atomically (- is stdout)", "FILE"),
	OPTION_FLAG("hex", 'x', CODE_HEX, "print a hex dump (default on a terminal)"),
	OPTION_FLAG("u8", '\0', CODE_U8, "print the 8-bit number at OFFSET"),
	OPTION_FLAG("u16", '\0', CODE_U16, "print the 16-bit number (OFFSET a multiple of 2)"),
	OPTION_FLAG("u32", '\0', CODE_U32, "print the 32-bit number (OFFSET a multiple of 4)"),
	OPTION_FLAG("u64", '\0', CODE_U64, "print the 64-bit number (OFFSET a multiple of 8)"),
	OPTION_FLAG("progress", '\0', CODE_PROGRESS,
		    "show progress on stderr, even if it is not a terminal"),
	OPTION_TABLE(guard_option_table, NULL),
	OPTION_END,
};

struct read_options {
	struct byte_range range;
	const char *file; /* NULL: stdout */
	bool hex;
	uint64_t number; /* length of a number in bytes; 0: no number */
	int forms;       /* how many of -x and the number options were given */
	enum progress_wish progress;
	struct guard_option guard_option;
	bool verbose;
};

static const char *read_option(void *state, int code, const char *value);
static enum status read_run(int argc, char **argv);

const struct verb verb_read = {
	.name = "read",
	.command = {
		.usage = "[OPTION...] SEGMENT",
		.summary = "copy bytes out of a segment, or dump them in hex",
		.epilogue = "\nExamples:\n"
			    "  shmtool read 131076 -f saved.bin\n"
			    "  shmtool read 0x1234 -o 4K -n 64 -x\n"
			    "  shmtool read 0x1234 -o 8 --u32",
		.options = read_options,
		.handle = read_option,
		.operands = OPERANDS_SEGMENT,
	},
	.run = read_run,
};

static const char *read_option(void *state, int code, const char *value)
{
	struct read_options *options = state;

	switch (code) {
	case CODE_OFFSET:
		return parse_size(value, &options->range.offset);
	case CODE_LENGTH:
		options->range.length_given = true;
		return parse_size(value, &options->range.length);
	case CODE_FILE:
		options->file = strcmp(value, "-") == 0 ? NULL : value;
		return *value ? NULL : "empty name";
	case CODE_HEX:
		options->forms += !options->hex;
		options->hex = true;
		return NULL;
	case CODE_U8:
	case CODE_U16:
	case CODE_U32:
	case CODE_U64:
		options->forms++;
		options->number = 1ULL << (code - CODE_U8);
		return NULL;
	case CODE_PROGRESS:
		options->progress = PROGRESS_ALWAYS;
		return NULL;
	default:
		return guard_option_set(&options->guard_option, code, value);
	}
}

static enum status check_options(struct read_options *options)
{
	struct byte_range *range = &options->range;

	if (options->forms > 1)
		return fail(STATUS_USAGE,
			    "only one of -x, --u8, --u16, --u32 and --u64 may be given");
	if (options->number && range->length_given)
		return fail(STATUS_USAGE, "-n cannot be combined with --u%d",
			    (int)options->number * 8);
	if (options->number && range->offset % options->number)
		return number_misaligned(range->offset, options->number);
	if (options->number) {
		range->length = options->number;
		range->length_given = true;
	}
	return guard_option_check(&options->guard_option);
}

/* Bytes that are dumped between two checks for a signal. */
enum { DUMP_CHUNK = 256 * 1024 };

/* Prints a hex dump. Returns 0 or an errno value; EINTR: a signal came. */
static int dump_out(const struct memory *memory, const struct byte_range *range, int fd,
		    const struct copy_options *copy)
{
	static struct output output;
	static unsigned char bytes[DUMP_CHUNK];
	struct hexdump dump = { .offset = range->offset };
	struct extent extent = { .offset = range->offset };
	uint64_t end = range->offset + range->length;
	uint64_t at = range->offset;

	output_begin(&output, fd);
	while (at < end && !output.error) {
		uint64_t left = extent.offset + extent.length - at;
		int error = 0;

		/* only once for each extent, since finding its end may scan all of it */
		if (!left) {
			error = memory_extent(memory, at, end, &extent);
			left = extent.length;
		}
		if (!error && extent.hole) {
			hexdump_add_zeros(&output, &dump, left);
		} else if (!error) {
			left = left < DUMP_CHUNK ? left : DUMP_CHUNK;
			error = memory_get(memory, at, bytes, left);
			if (!error)
				hexdump_add(&output, &dump, bytes, left);
		}
		if (!error && signals_came())
			error = EINTR;
		if (error)
			return error;
		at += left;
		copy->report(copy->state, at - range->offset);
	}
	hexdump_end(&output, &dump);
	output_flush(&output);
	return output.error;
}

/* Loads a word at once, and prints it in the requested form. Returns 0 or an errno value. */
static int word_out(const struct read_options *options, const struct memory *memory, int fd)
{
	static struct output output;
	const struct byte_range *range = &options->range;
	struct hexdump dump = { .offset = range->offset };
	unsigned char bytes[WORD_MAX];
	uint64_t value;
	int error = memory_load(memory, range->offset, range->length, &value);

	if (error)
		return error;
	word_to_bytes(value, bytes, range->length);
	output_begin(&output, fd);
	if (options->number) {
		output_number(&output, value);
		output_char(&output, '\n');
	} else if (options->hex) {
		hexdump_add(&output, &dump, bytes, range->length);
		hexdump_end(&output, &dump);
	} else {
		output_bytes(&output, bytes, range->length);
	}
	output_flush(&output);
	return output.error;
}

/* Prints the range in the requested form. Returns 0 or an errno value. */
static int read_out(const struct read_options *options, const struct memory *memory, int fd,
		    bool replaces)
{
	const struct byte_range *range = &options->range;
	struct progress progress;
	struct copy_options copy = {
		.exclusive = replaces,
		.lend_nothing = options->guard_option.given,
		.report = progress_update,
		.state = &progress,
	};
	uint64_t done;
	int error;

	if (is_word(range->offset, range->length))
		return word_out(options, memory, fd);
	progress_begin(&progress, options->progress, range->length);
	copy.interval = progress_interval(&progress);
	if (options->hex)
		error = dump_out(memory, range, fd, &copy);
	else
		error = copy_out(memory, range->offset, range->length, fd, &copy, &done);
	progress_end(&progress);
	return error;
}

/* Whether an error of a copy is about the segment, not about the output. */
static bool is_of_segment(int error)
{
	return error == ENODATA || error == EFAULT;
}

static enum status segment_unreadable(const struct segment *segment, const struct memory *memory,
				      int error)
{
	/* EFAULT: a system call failed where touching the memory would raise SIGBUS */
	return error == EFAULT ? report_bad_memory("read", segment, memory)
			       : segment_failed("read", segment, error);
}

/*
 * Refuses to write into the segment itself, and what this process would be killed for: a copy
 * in a tmpfs of more than the control group has left.
 */
static enum status check_copy(const struct read_options *options, const struct memory *memory,
			      int fd)
{
	const struct byte_range *range = &options->range;
	struct extent known = { 0 };
	struct places places;

	if (memory_is_file(memory, fd))
		return fail(STATUS_FAILED,
			    "cannot write %s: it is the memory of the segment itself",
			    options->file ? options->file : "stdout");
	if (!output_takes_memory(fd) ||
	    memory_places(memory, range->offset, range->length, &known, &places))
		return STATUS_DONE;
	return check_memory_left("write a copy of the segment in a tmpfs",
				 range->length - places.bytes[PLACE_HOLE]);
}

static enum status read_to_stdout(const struct read_options *options, const struct segment *segment,
				  const struct memory *memory)
{
	enum status status = check_copy(options, memory, STDOUT_FILENO);
	int error = status ? 0 : read_out(options, memory, STDOUT_FILENO, false);

	if (status)
		return status;
	if (is_of_segment(error))
		return segment_unreadable(segment, memory, error);
	if (!error)
		error = output_lost(STDOUT_FILENO);
	return error ? output_failed(error) : guard_option_release(&options->guard_option);
}

static enum status write_failed(const char *file, const struct segment *segment,
				const struct memory *memory, const struct output_file *outfile,
				int error)
{
	const char *rest = !outfile->replaces         ? ""
			   : outfile->place.file >= 0 ? "; the existing file was not changed"
						      : "; no file was made";

	if (is_of_segment(error))
		return segment_unreadable(segment, memory, error);
	if (error == EINTR)
		return fail(STATUS_FAILED, "interrupted while writing %s%s", file, rest);
	return fail(status_of_file(error), "cannot write %s: %s%s", file, strerror(error), rest);
}

static enum status read_to_file(const struct read_options *options, const struct segment *segment,
				const struct memory *memory)
{
	struct output_file outfile;
	struct output_file written;
	bool replaces;
	enum status status = STATUS_DONE;
	int error = output_file_open(&outfile, options->file);

	if (error)
		return fail(status_of_file(error), "cannot write %s: %s", options->file,
			    reason_of_file(error));
	replaces = outfile.replaces;
	if (replaces) {
		signals_begin(signals_others);
		error = output_file_create(&outfile);
	}
	if (!error)
		status = check_copy(options, memory, outfile.fd);
	if (!error && !status)
		error = read_out(options, memory, outfile.fd, replaces);
	/* if a signal came at the last moment, keep the old file */
	if (!error && signals_came())
		error = EINTR;
	if (error)
		status = write_failed(options->file, segment, memory, &outfile, error);
	else if (!status)
		status = guard_option_release(&options->guard_option);
	if (status) {
		output_file_abandon(&outfile);
		return status;
	}
	written = outfile;
	error = output_file_commit(&outfile);
	return error ? write_failed(options->file, segment, memory, &written, error) : STATUS_DONE;
}

static enum status read_segment(struct read_options *options, const struct segment_ref *ref)
{
	struct segment segment;
	struct memory memory;
	enum status status = find_segment(ref, &segment);
	int error;

	if (!status)
		status = byte_range_check(&options->range, &segment);
	if (!status)
		status = guard_option_find(&options->guard_option);
	if (status)
		return status;
	error = memory_open(&memory, &segment, false);
	warn_of_trace("reading", &segment, memory.trace);
	if (error)
		return segment_failed("read", &segment, error);
	report_bus_errors("read", &segment, &memory, NULL);
	/* before the new file is created, since a signal ends this wait and the program */
	status = guard_option_take(&options->guard_option, &segment);
	if (!status && options->file)
		status = read_to_file(options, &segment, &memory);
	else if (!status)
		status = read_to_stdout(options, &segment, &memory);
	if (memory.attached)
		warn_of_detach("reading", &segment);
	memory_close(&memory);
	if (!status && options->verbose)
		note("read %s from %s", BYTES(options->range.length), SEGMENT_LABEL(&segment));
	signals_end();
	return status;
}

static enum status read_run(int argc, char **argv)
{
	struct read_options options = { 0 };
	struct operands operands;
	struct segment_ref ref;
	enum status status;

	if (!options_read(&verb_read.command, argc, argv, &options, &operands, &status))
		return status;
	options.verbose = operands.verbose;
	status = check_options(&options);
	if (!status)
		status = read_only_segment(&operands, &ref);
	/* output on the terminal shows progress itself */
	if (!options.file && isatty(STDOUT_FILENO)) {
		options.hex = true;
		options.progress = PROGRESS_NEVER;
	}
	if (!status)
		status = enter_namespace(&operands, false);
	if (!status)
		status = read_segment(&options, &ref);
	operands_free(&operands);
	return status;
}
