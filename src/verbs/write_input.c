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

enum status open_write_input(struct writing *writing)
{
	const struct write_options *options = writing->options;
	struct input *input = &writing->input;
	enum status status = input_open(input, options->file ? options->file : "-");

	if (!status && options->guard_option.given)
		status = take_in(writing);
	if (!status)
		status = check_file(options, input, writing->segment);
	return status;
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

enum status write_input(struct writing *writing, struct memory *memory)
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
