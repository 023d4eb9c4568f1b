/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * error: what the program says on stderr, and its exit statuses. Every line is
 * written at once, with control characters escaped, so that names made by
 * others cannot play with the terminal.
 */
#ifndef TEXT_ERROR_H
#define TEXT_ERROR_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "shm/process/namespace.h"
#include "shm/segment/segment.h"

enum status {
	STATUS_DONE = 0,
	STATUS_NO = 1,        /* the answer is no */
	STATUS_USAGE = 2,     /* the command line is wrong; nothing was done */
	STATUS_MISSING = 3,   /* no such segment */
	STATUS_EXISTS = 4,    /* it exists already */
	STATUS_DENIED = 5,    /* permission denied */
	STATUS_EXHAUSTED = 6, /* a kernel limit or memory is exhausted */
	STATUS_FAILED = 7,    /* any other failure of the system or of input and output */
	STATUS_TIMEOUT = 8,   /* timed out */
	STATUS_BUSY = 9,      /* in use, or changed under us */
	/* attach with a COMMAND only, as shells have them: */
	STATUS_OWN_FAILURE = 125,
	STATUS_NOT_EXECUTABLE = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128, /* plus the signal's number */
};

/*
 * Writes all of it to stderr; false: it cannot be written, or a signal has come
 * (signals.h) and it cannot be written at once. Calls only what signal-safety(7) allows.
 */
bool error_write(const char *text, size_t length);

/* Sets the name that lines begin with: "shmtool rm". */
void error_set_name(const char *name);
const char *error_name(void);

/* Writes "NAME: message" and a newline; returns the status, for `return fail(...)`. */
enum status fail(enum status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes "NAME: message", for -v. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes "NAME: hint: message", unless the hint before was the same. */
void hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes "NAME: note: message": a fact that helps, where there is nothing to do. */
void remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes "NAME: warning: message". */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * What those who read words return as what is wrong with a word that they had
 * no memory for, which is not the word's fault.
 */
extern const char out_of_memory[];

/* The status for what is wrong with a word. */
enum status status_of_wrong(const char *wrong);

/* The status for an errno value of a call on a segment. */
enum status status_of_segment(int error);

/* The status for an errno value of a call on a file, or an error of safe_open.h. */
enum status status_of_file(int error);

/* What an errno value of a call on a segment means, in words. */
const char *reason_of_segment(int error);

/* The same of a file, or of an error of safe_open.h. */
const char *reason_of_file(int error);

/*
 * From here on, touching memory that cannot be had (huge pages that ran out)
 * ends the program with this message and STATUS_EXHAUSTED, not with SIGBUS.
 * done: how many bytes were written, to be told then; advice: a hint; or NULL.
 */
void fail_on_bus_error(const char *failure, const uint64_t *done, const char *advice);

/* Keeps the status of the first failure of several. */
void status_keep_first(enum status *kept, enum status status);

/* "4026532177 (8123 postgres)" for an IPC namespace, in text, which is returned. */
enum { NAMESPACE_LABEL_SIZE = 192 };
const char *namespace_label(char text[NAMESPACE_LABEL_SIZE], const struct namespace *ns);
#define NAMESPACE_LABEL(ns) namespace_label((char[NAMESPACE_LABEL_SIZE]){ 0 }, ns)

/*
 * "segment 131076 (key 0x000004d2)", in text, which is returned; with its
 * namespace where several are looked at.
 */
enum { SEGMENT_LABEL_SIZE = 256 };
const char *segment_label(char text[SEGMENT_LABEL_SIZE], const struct segment *segment);
#define SEGMENT_LABEL(segment) segment_label((char[SEGMENT_LABEL_SIZE]){ 0 }, segment)

#endif
