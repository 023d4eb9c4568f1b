/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output: buffered writing to stdout whose failure is always noticed. Errors
 * are kept until output_end().
 */
#ifndef TEXT_OUTPUT_H
#define TEXT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/error.h"

enum { OUTPUT_SIZE = 64 * 1024 };

struct output {
	int fd;
	int error; /* the first error, an errno value */
	size_t length;
	char data[OUTPUT_SIZE];
};

void output_begin(struct output *output, int fd);

void output_bytes(struct output *output, const void *bytes, size_t length);
void output_text(struct output *output, const char *text);
void output_char(struct output *output, char c);
void output_number(struct output *output, uint64_t number);
void output_format(struct output *output, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Room for so many bytes, OUTPUT_SIZE at most, to be filled at once and then
 * told by output_advance(): for what is printed a great many times.
 */
char *output_reserve(struct output *output, size_t length);
void output_advance(struct output *output, const char *end);

/* Text with control characters escaped. */
void output_escaped(struct output *output, const char *text);

/* The same with a backslash before each of these characters: with "\\", printf(1)'s %b undoes it. */
void output_unambiguous(struct output *output, const char *text, const char *specials);

/* Writes what is held. */
void output_flush(struct output *output);

/*
 * Writes what is held; when anything could not be written, says so and
 * returns STATUS_FAILED, otherwise the status given. A closed pipe ends the
 * program quietly, as SIGPIPE does.
 */
enum status output_end(struct output *output, enum status status);

/* What output_end does with an error of writing to stdout. */
enum status output_failed(int error);

#endif
