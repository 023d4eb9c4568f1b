/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/system/interrupt.h"
#include "text/escape.h"
#include "text/units.h"
#include "text/utf8.h"

void output_begin(struct output *output, int fd)
{
	output->fd = fd;
	output->error = 0;
	output->signals = NULL;
	output->length = 0;
	output->start = 0;
}

static int write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length) {
		ssize_t put = write(fd, at, length);

		if (put < 0 && errno == EAGAIN) {
			struct pollfd pollfd = { .fd = fd, .events = POLLOUT };

			if (poll(&pollfd, 1, -1) < 0 && (errno != EINTR || signals_came()))
				return errno;
			continue;
		}
		if (put < 0 && (errno != EINTR || signals_came()))
			return errno;
		if (put > 0) {
			at += put;
			length -= (size_t)put;
		}
	}
	return 0;
}

static bool is_written(const struct output *output)
{
	return output->start >= output->length;
}

/* Writes the first piece of what is not written, which ends with a line if it can. */
static void write_piece(struct output *output, const sigset_t *mask)
{
	const char *at = output->data + output->start;
	size_t left = output->length - output->start;
	size_t piece = left < PIPE_BUF ? left : PIPE_BUF;
	const char *end = memrchr(at, '\n', piece);
	ssize_t put = interrupt_write(output->fd, at, end ? (size_t)(end - at) + 1 : piece, mask);

	if (put < 0 && errno != EINTR && errno != EAGAIN)
		output->error = errno;
	/* and no more than that: who is killed meanwhile leaves it to another */
	if (put > 0)
		output->start += (size_t)put;
}

static void flush_with_signals(struct output *output)
{
	/* who catches one may want no more of it */
	while (!is_written(output) && !output->error)
		write_piece(output, output->signals);
}

void output_flush(struct output *output)
{
	if (output->signals)
		flush_with_signals(output);
	else if (!output->error && !is_written(output))
		output->error = write_all(output->fd, output->data + output->start,
					  output->length - output->start);
	output->length = 0;
	output->start = 0;
}

void output_flush_ready(struct output *output)
{
	struct pollfd pollfd = { .fd = output->fd, .events = POLLOUT };
	sigset_t mask;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	while (!is_written(output) && !output->error && !isatty(output->fd) &&
	       poll(&pollfd, 1, 0) > 0)
		write_piece(output, &mask);
	output->length = is_written(output) ? 0 : output->length - output->start;
	memmove(output->data, output->data + output->start, output->length);
	output->start = 0;
}

void output_bytes(struct output *output, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length > sizeof(output->data) - output->length) {
		size_t room = sizeof(output->data) - output->length;

		memcpy(output->data + output->length, at, room);
		output->length += room;
		output_flush(output);
		at += room;
		length -= room;
	}
	memcpy(output->data + output->length, at, length);
	output->length += length;
}

char *output_reserve(struct output *output, size_t length)
{
	if (length > sizeof(output->data) - output->length)
		output_flush(output);
	return output->data + output->length;
}

void output_advance(struct output *output, const char *end)
{
	output->length = (size_t)(end - output->data);
}

void output_text(struct output *output, const char *text)
{
	output_bytes(output, text, strlen(text));
}

void output_char(struct output *output, char c)
{
	if (output->length == sizeof(output->data))
		output_flush(output);
	output->data[output->length++] = c;
}

void output_number(struct output *output, uint64_t number)
{
	char *at = output_reserve(output, NUMBER_TEXT_SIZE);

	output_advance(output, at + number_text(at, number));
}

void output_format(struct output *output, const char *format, ...)
{
	char *text;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		output->error = ENOMEM;
		return;
	}
	output_bytes(output, text, (size_t)length);
	free(text);
}

void output_escaped(struct output *output, const char *text)
{
	output_unambiguous(output, text, "");
}

void output_unambiguous(struct output *output, const char *text, const char *specials)
{
	while (*text) {
		char escaped[ESCAPED_SIZE];
		char one[5] = { 0 };
		size_t control = control_length(text);

		if (!control) {
			size_t whole = utf8_length(text);

			if (strchr(specials, *text))
				output_char(output, '\\');
			output_bytes(output, text, whole);
			text += whole;
			continue;
		}
		memcpy(one, text, control);
		output_bytes(output, escaped, escape_controls(escaped, sizeof(escaped), one));
		text += control;
	}
}

enum status output_failed(int error)
{
	/* itself it was ignored or blocked */
	if (error == EPIPE)
		signal_raise(SIGPIPE);
	/* signals_end() ends the program by the signal that came */
	if (error == EINTR)
		return STATUS_FAILED;
	return fail(error == ENOMEM ? STATUS_EXHAUSTED : STATUS_FAILED,
		    "cannot write the output: %s", strerror(error));
}

enum status output_end(struct output *output, enum status status)
{
	output_flush(output);
	if (!output->error)
		return status;
	return output_failed(output->error);
}
