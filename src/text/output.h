/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output: buffered output to stdout, with reliable error handling: an error is kept until
 * output_end(), which reports it.
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
 * A fast way to print, for values in long lists: output_reserve() returns a place for at
 * most length bytes (at most OUTPUT_SIZE). The caller writes there, and calls
 * output_advance() with the end of what it wrote.
 */
char *output_reserve(struct output *output, size_t length);
void output_advance(struct output *output, const char *end);

/* Prints text with control characters escaped (escape.h). */
void output_escaped(struct output *output, const char *text);

/*
 * As output_escaped(), with a backslash before each of these characters. If they include
 * a backslash, %b of printf(1) restores the text.
 */
void output_unambiguous(struct output *output, const char *text, const char *specials);

/* Writes the buffer. */
void output_flush(struct output *output);

/*
 * Whether what was written to this descriptor is lost, which a network file system may report
 * only when it is closed: closes a duplicate. Returns 0 or an errno value.
 */
int output_lost(int fd);

/*
 * Writes the buffer, and returns status. If anything could not be written, reports that
 * and returns STATUS_FAILED. If stdout is a pipe without reader, ends the program by
 * SIGPIPE.
 */
enum status output_end(struct output *output, enum status status);

/* Handles an error of writing to stdout as output_end() does. */
enum status output_failed(int error);

#endif
