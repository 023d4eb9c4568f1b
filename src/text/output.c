/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/system/signals.h"
#include "shm/system/write_all.h"
#include "text/escape.h"
#include "text/units.h"
#include "text/utf8.h"

void output_begin(struct output *output, int fd)
{
	output->fd = fd;
	output->error = 0;
	output->length = 0;
}

void output_flush(struct output *output)
{
	if (!output->error)
		output->error = write_all(output->fd, output->data, output->length);
	output->length = 0;
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

int output_lost(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy >= 0 && close(copy) < 0 && errno != EINTR ? errno : 0;
}

enum status output_failed(int error)
{
	/* the signal itself was ignored or blocked */
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
		output->error = output_lost(output->fd);
	if (!output->error)
		return status;
	return output_failed(output->error);
}
