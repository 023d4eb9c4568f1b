/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/create_input.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "shm/bytes/copy.h"
#include "shm/process/child.h"
#include "shm/segment/control.h"
#include "shm/segment/limits.h"
#include "text/progress.h"
#include "text/units.h"
#include "verbs/common/lookup.h"
#include "verbs/common/memory_errors.h"

static enum status input_failed(const struct creation *creation, int error)
{
	const char *file = creation->input.name;

	switch (error) {
	case EINTR:
		return fail(STATUS_FAILED, "interrupted while reading %s", file);
	case EFAULT: /* reading into the segment touches its memory */
		return fail(STATUS_EXHAUSTED, "cannot load %s: out of memory", file);
	case EFBIG:
		fail(STATUS_EXHAUSTED,
		     "cannot load %s: more data than kernel.shmmax or half of the available memory",
		     file);
		hint("use -s SIZE: the data is then read straight into the segment");
		return STATUS_EXHAUSTED;
	default:
		return fail(status_of_file(error), "cannot read %s: %s", file, strerror(error));
	}
}

enum status open_create_input(struct creation *creation)
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
		error = input_spool(input, limits.shmmax, false);
	}
	if (error)
		return input_failed(creation, error);
	if (input->is_stream)
		return STATUS_DONE;
	if (input->size == 0 && !options->size_given)
		return fail(STATUS_FAILED, "%s is empty; a segment must have at least one byte",
			    input->name);
	if (options->size_given && input->size > options->size) {
		fail(STATUS_FAILED, "%s (%s) does not fit into %s (--size)", input->name,
		     BYTES(input->size), BYTES(options->size));
		hint("omit -s to take the size of the file");
		return STATUS_FAILED;
	}
	return STATUS_DONE;
}

static enum status load(struct creation *creation, struct memory *memory)
{
	const struct input *input = &creation->input;
	uint64_t size = wanted_size(creation);
	uint64_t done;
	bool more = false;
	struct progress progress;
	struct copy_options copy = {
		.exclusive = input->exclusive,
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
		return fail(STATUS_FAILED, "%s does not fit into %s (--size)", input->name,
			    BYTES(size));
	if (!input->is_stream && done < input->size)
		return fail(STATUS_FAILED,
			    "%s ended early: fewer bytes than its size (was it being changed?)",
			    input->name);
	return STATUS_DONE;
}

/* The work of the child process. Returns the status. */
static int load_attached(void *context)
{
	struct creation *creation = context;
	struct segment segment;
	struct memory memory;
	enum status status;
	int error = segment_look(creation->id, &segment);

	if (!error && !is_created(creation, &segment))
		error = EIDRM;
	if (!error) {
		error = memory_open(&memory, &segment, true);
		if (memory.trace == TRACE_OTHER)
			warn_of_trace("loading", &segment, memory.trace);
	}
	if (error)
		return fail(status_of_segment(error), "cannot attach the new segment: %s",
			    reason_of_segment(error));
	status = load(creation, &memory);
	memory_close(&memory);
	return (int)status;
}

/*
 * A child process copies: if memory runs out, the kernel kills the process that uses it, and
 * the segment must be removed even then.
 */
enum status load_segment(struct creation *creation)
{
	char what[PATH_MAX + 8];
	int result = STATUS_FAILED;
	enum status status;
	int error;

	if (creation->input.fd < 0)
		return STATUS_DONE;
	snprintf(what, sizeof(what), "load %s", creation->input.name);
	/* a spooled stream is in memory already, and is freed while it is copied */
	status = creation->input.exclusive
			 ? STATUS_DONE
			 : check_memory_left(what, input_memory(&creation->input));
	if (status)
		return status;
	error = child_run(load_attached, creation, CHILD_DIES_TOO, &result);
	if (!error)
		return (enum status)result;
	return report_lost_child(what, error, result, "nothing was loaded");
}
