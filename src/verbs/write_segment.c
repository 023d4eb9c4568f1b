/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/write_segment.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shm/bytes/atomic.h"
#include "shm/bytes/memory.h"
#include "shm/process/child.h"
#include "shm/segment/control.h"
#include "shm/system/signals.h"
#include "text/output.h"
#include "text/units.h"
#include "verbs/common/lookup.h"
#include "verbs/common/memory_errors.h"
#include "verbs/write_input.h"

/* Prints the value found, in the notation of the expected one. */
static enum status print_found(const struct byte_literal *expected, uint64_t found)
{
	static struct output output;
	unsigned char bytes[WORD_MAX];

	word_to_bytes(found, bytes, expected->length);
	output_begin(&output, STDOUT_FILENO);
	byte_literal_print(&output, expected, bytes);
	return output_end(&output, STATUS_NO);
}

/* --expect: writes by one compare-and-swap. */
static enum status write_expected(const struct write_options *options, struct memory *memory)
{
	size_t length = options->literal.length;
	uint64_t found = word_from_bytes(options->expected.bytes, length);
	uint64_t wanted = word_from_bytes(options->literal.bytes, length);

	if (word_swap(memory->bytes + options->range.offset, length, &found, wanted))
		return STATUS_DONE;
	return print_found(&options->expected, found);
}

/* Fills a word by one store. Zeros do not allocate a hole. */
static int fill_word(struct writing *writing, struct memory *memory)
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
	if (writing->done)
		*writing->done = range->length;
	return error;
}

/* Fills a range in pieces, and checks for signals in between. */
static enum status fill_range(struct writing *writing, struct memory *memory)
{
	enum { PIECE = 4 * 1024 * 1024 };
	const struct byte_range *range = &writing->options->range;
	uint64_t done = 0;

	while (done < range->length) {
		uint64_t left = range->length - done;
		size_t piece = left < PIECE ? (size_t)left : PIECE;
		uint64_t in_page = memory->page - (range->offset + done) % memory->page;

		/* huge pages may run out, so each one that was filled is counted */
		if (memory_is_huge(memory) && piece > in_page)
			piece = (size_t)in_page;
		if (signals_came())
			return fail(STATUS_FAILED, "interrupted after filling %s", BYTES(done));
		memory_prepare(memory, range->offset + done, piece, true);
		memset(memory->bytes + range->offset + done, writing->options->fill, piece);
		done += piece;
		if (writing->done)
			*writing->done = done;
	}
	return STATUS_DONE;
}

static enum status write_bytes(struct writing *writing, struct memory *memory)
{
	const struct write_options *options = writing->options;
	const struct byte_range *range = &options->range;
	const struct byte_literal *literal = &options->literal;
	int error;

	if (options->from == FROM_FILE)
		return write_input(writing, memory);
	if (options->expect)
		return write_expected(options, memory);
	if (options->from == FROM_LITERAL)
		error = memory_put(memory, range->offset, literal->bytes, literal->length);
	else if (is_word(range->offset, range->length))
		error = fill_word(writing, memory);
	else if (options->from == FROM_FILL)
		return fill_range(writing, memory);
	else
		error = memory_zero(memory, range->offset, range->length);
	return error ? segment_failed("write", writing->segment, error) : STATUS_DONE;
}

/* "load FILE", "fill segment 5 (key 0x4d2)": for messages, after "cannot" */
enum { TASK_SIZE = PATH_MAX + SEGMENT_LABEL_SIZE };
static const char *task(char text[TASK_SIZE], const struct writing *writing)
{
	if (writing->options->from == FROM_FILE)
		snprintf(text, TASK_SIZE, "load %s", writing->input.name);
	else
		snprintf(text, TASK_SIZE, "fill %s", SEGMENT_LABEL(writing->segment));
	return text;
}
#define TASK(writing) task((char[TASK_SIZE]){ 0 }, writing)

/*
 * Refuses to write if this process would be killed for it: if the range needs more memory,
 * beyond what it has already, than the control group has left.
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
	if (!data || writing->input.exclusive ||
	    memory_places(memory, range->offset, range->length, &known, &places))
		return STATUS_DONE;
	there = range->length - places.bytes[PLACE_HOLE];
	return check_memory_left(TASK(writing), data > there ? data - there : 0);
}

/* Fails if the segment has been marked for removal: what was written will be lost. */
static enum status check_marked(const struct writing *writing)
{
	const struct segment *before = writing->segment;
	uint64_t done = writing->done ? *writing->done : writing->options->range.length;

	if (!segment_removed_since(before))
		return STATUS_DONE;
	return fail(STATUS_BUSY,
		    "%s was marked for removal while being written: the %s "
		    "written will be lost at its last detach",
		    SEGMENT_LABEL(before), BYTES(done));
}

/* Attaches the segment and writes. Returns the status, for child_run(). */
static int write_attached(void *context)
{
	struct writing *writing = context;
	const struct write_options *options = writing->options;
	const struct guard_option *guard_option = &options->guard_option;
	struct memory memory;
	enum status status = STATUS_DONE;
	int error = memory_open(&memory, writing->segment, true);

	if (memory.trace == TRACE_OTHER)
		warn_of_trace("writing", writing->segment, memory.trace);
	if (error)
		return (int)segment_failed("write", writing->segment, error);
	report_bus_errors("write", writing->segment, &memory, writing->done);
	if (options->from == FROM_FILE && memory_is_file(&memory, writing->input.fd))
		status = fail(STATUS_FAILED,
			      "cannot read %s: it is the memory of the segment itself",
			      writing->input.name);
	if (!status && writing->done)
		status = check_memory(writing, &memory);
	if (!status)
		status = guard_option_take(guard_option, writing->segment);
	if (!status) {
		status = write_bytes(writing, &memory);
		status_keep_first(&status, guard_option_release(guard_option));
	}
	if (!status)
		status = check_marked(writing);
	memory_close(&memory);
	return (int)status;
}

/*
 * Writes in a child process, which may be killed if it needs too much memory. The child
 * acquires the guard, so that the kernel releases it when the child exits.
 */
static enum status write_in_child(struct writing *writing)
{
	char rest[TASK_SIZE];
	int result = STATUS_FAILED;
	int error;

	writing->done = shared_memory(sizeof(*writing->done));
	if (!writing->done)
		return report_lost_child(TASK(writing), ENOMEM, 0, "");
	error = child_run(write_attached, writing, CHILD_DIES_TOO, &result);
	snprintf(rest, sizeof(rest), "%s had been written", BYTES(*writing->done));
	munmap(writing->done, sizeof(*writing->done));
	if (!error)
		return (enum status)result;
	/* the child was ended by a signal that was passed on to it; it ends this process, too */
	if (error == EOWNERDEAD && signals_came())
		return STATUS_FAILED;
	return report_lost_child(TASK(writing), error, result, rest);
}

/* Writes a file, or fills a range, which may take long and need much memory. */
static enum status write_long(struct writing *writing)
{
	const struct write_options *options = writing->options;
	bool file = options->from == FROM_FILE;
	enum status status = STATUS_DONE;

	signals_begin(NULL);
	if (file)
		status = open_write_input(writing);
	if (!status)
		status = write_in_child(writing);
	input_close(&writing->input);
	signals_end();
	return status;
}

enum status write_segment(struct write_options *options, const struct segment_ref *ref)
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
		status = write_long(&writing);
	else
		status = (enum status)write_attached(&writing);
	/* for a file, write_input() has reported this */
	if (!status && options->verbose && options->from != FROM_FILE)
		note("wrote %s to %s", BYTES(options->range.length), SEGMENT_LABEL(&segment));
	return status;
}
