/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/write_input.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "shm/bytes/atomic.h"
#include "shm/bytes/copy.h"
#include "shm/system/signals.h"
#include "text/units.h"

static enum status read_failed(const struct writing *writing, int error, uint64_t done)
{
	const struct input *input = &writing->input;

	if (error == EINTR)
		return fail(STATUS_FAILED, "interrupted after writing %s from %s", BYTES(done),
			    input->name);
	if (error == EFAULT) /* reading into the segment touches its memory */
		return fail(STATUS_EXHAUSTED, "out of memory for %s after writing %s from %s",
			    SEGMENT_LABEL(writing->segment), BYTES(done), input->name);
	return fail(status_of_file(error), "cannot read %s: %s (%s had been written)", input->name,
		    strerror(error), BYTES(done));
}

static void hint_truncate(void)
{
	hint("use --truncate to write as much as fits");
}

/*
 * With a guard, a stream is read completely before the guard is acquired. Otherwise other
 * processes would have to wait for the writer of the stream, which may itself wait for the
 * guard.
 */
static enum status spool_stream(struct writing *writing)
{
	const struct byte_range *range = &writing->options->range;
	bool first_only = writing->options->truncate || range->length_given;
	struct input *input = &writing->input;
	int error = input->is_stream ? input_spool(input, range->length, first_only) : 0;

	if (!error)
		return STATUS_DONE;
	if (error != EFBIG)
		return read_failed(writing, error, 0);
	if (first_only) {
		fail(STATUS_FAILED,
		     "cannot read %s before the guard is acquired: more than half of the available "
		     "memory is required; nothing was written",
		     input->name);
		hint("save the input in a file, and write that with -f FILE");
		return STATUS_FAILED;
	}
	fail(STATUS_FAILED,
	     "%s does not fit: more than %s, or more than half of the available memory; nothing "
	     "was written",
	     input->name, BYTES(range->length));
	hint_truncate();
	return STATUS_FAILED;
}

/* Refuses a file that does not fit, before any byte is written. */
static enum status check_file(const struct write_options *options, const struct input *input,
			      const struct segment *segment)
{
	const struct byte_range *range = &options->range;

	if (input->is_stream)
		return STATUS_DONE;
	if (!range->length_given && input->size > range->length && !options->truncate) {
		fail(STATUS_FAILED,
		     "%s (%s) does not fit: %s has %s at offset %" PRIu64 "; nothing was written",
		     input->name, BYTES(input->size), SEGMENT_LABEL(segment), BYTES(range->length),
		     range->offset);
		hint_truncate();
		return STATUS_FAILED;
	}
	if (range->length_given && input->size < range->length)
		return fail(STATUS_FAILED,
			    "%s is too short (%s; -n %" PRIu64 "); nothing was written",
			    input->name, BYTES(input->size), range->length);
	return STATUS_DONE;
}

enum status open_write_input(struct writing *writing)
{
	const struct write_options *options = writing->options;
	struct input *input = &writing->input;
	enum status status = input_open(input, options->file ? options->file : "-");

	if (!status && options->guard_option.given)
		status = spool_stream(writing);
	if (!status)
		status = check_file(options, input, writing->segment);
	return status;
}

/* How many bytes will be written; UINT64_MAX: not known in advance. */
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
 * Reads a whole word, then writes it by one store. If the input is too short, writes what
 * there is. *done and errors: see copy_in().
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
		int put_error = memory_put(memory, options->range.offset, bytes, have);

		error = error ? error : put_error;
	}
	return error;
}

/* Where the progress of a copy is reported: to the user, and to the parent process. */
struct report {
	struct progress progress;
	uint64_t *done;
};

static void report_done(void *state, uint64_t done)
{
	struct report *report = state;

	*report->done = done;
	progress_update(&report->progress, done);
}

/* Copies the input. *done and errors: see copy_in(). */
static int copy_input(struct writing *writing, struct memory *memory, uint64_t *done)
{
	const struct write_options *options = writing->options;
	const struct byte_range *range = &options->range;
	const struct input *input = &writing->input;
	struct report report = { .done = writing->done };
	struct copy_options copy = {
		.exclusive = input->exclusive,
		.report = report_done,
		.state = &report,
	};
	uint64_t length = known_length(options, input);
	int error;

	progress_begin(&report.progress, options->progress, length == UINT64_MAX ? 0 : length);
	copy.interval = progress_interval(&report.progress);
	if (is_word(range->offset, length))
		error = copy_word_in(options, input, memory, (size_t)length, done);
	else
		error = copy_in(memory, range->offset, range->length, input->fd, &copy, done);
	report_done(&report, *done);
	progress_end(&report.progress);
	return error;
}

enum status write_input(struct writing *writing, struct memory *memory)
{
	const struct write_options *options = writing->options;
	const struct byte_range *range = &options->range;
	const struct input *input = &writing->input;
	uint64_t done;
	bool more = false;
	int error = copy_input(writing, memory, &done);

	if (options->verbose)
		note("wrote %s from %s", BYTES(done), input->name);
	if (!error && range->length_given && done < range->length)
		return fail(STATUS_FAILED,
			    "%s ended early: %" PRIu64 " of %s (-n) had been written", input->name,
			    done, BYTES(range->length));
	if (!error && !input->is_stream && !range->length_given && done < input->size &&
	    done < range->length)
		return fail(STATUS_FAILED,
			    "%s ended early: fewer bytes than its size (was it being changed?); "
			    "%s had been written",
			    input->name, BYTES(done));
	if (!error && !range->length_given && !options->truncate && done == range->length)
		error = input_has_more(input, &more);
	if (error)
		return read_failed(writing, error, done);
	if (!more)
		return STATUS_DONE;
	fail(STATUS_FAILED, "%s does not fit into %s: wrote %s, but not the rest", input->name,
	     SEGMENT_LABEL(writing->segment), BYTES(done));
	hint("use --truncate if the rest is not needed");
	return STATUS_FAILED;
}
