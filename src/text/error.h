/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * error: messages on stderr, and exit statuses. Every line is written by one call, with
 * control characters escaped, so that names chosen by other users cannot control the
 * terminal.
 */
#ifndef TEXT_ERROR_H
#define TEXT_ERROR_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "shm/process/namespace.h"
#include "shm/segment/segment.h"
#include "text/names.h"

enum status {
	STATUS_DONE = 0,
	STATUS_NO = 1,        /* the answer is no: nothing matches */
	STATUS_USAGE = 2,     /* the command line is wrong; nothing was done */
	STATUS_MISSING = 3,   /* no such segment */
	STATUS_EXISTS = 4,    /* the segment exists already */
	STATUS_DENIED = 5,    /* permission denied */
	STATUS_EXHAUSTED = 6, /* a kernel limit or memory is exhausted */
	STATUS_FAILED = 7,    /* any other failure of the system or of input and output */
	STATUS_TIMEOUT = 8,   /* timed out */
	STATUS_BUSY = 9,      /* in use, or changed by another process in the meantime */
	/* only of attach with a COMMAND, the same as in shells: */
	STATUS_OWN_FAILURE = 125,
	STATUS_NOT_EXECUTABLE = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128, /* plus the signal's number */
};

/*
 * Writes all of text to stderr. Returns false if that fails, or if a signal has come
 * (signals.h) and stderr would have to be waited for. Async-signal-safe
 * (signal-safety(7)).
 */
bool error_write(const char *text, size_t length);

/* Sets the NAME that every line begins with: "shmtool rm", say. */
void error_set_name(const char *name);
const char *error_name(void);

/* Writes "NAME: message" and a newline. Returns the status, for `return fail(...)`. */
enum status fail(enum status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes "NAME: ", kind and the message. */
void say(const char *kind, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes "NAME: message", for -v. */
#define note(...) say("", __VA_ARGS__)

/* Writes "NAME: hint: message", something to do, unless the hint before was the same. */
void hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes "NAME: note: message", a fact that helps to understand a failure. */
#define remark(...) say("note: ", __VA_ARGS__)

/* Writes "NAME: warning: message". */
#define warn(...) say("warning: ", __VA_ARGS__)

/*
 * Parsers of arguments return what is wrong with an argument, as text for a message. They
 * return this text (this pointer) if they run out of memory, which is not a usage error.
 */
extern const char out_of_memory[];

/* The status for such a text: STATUS_EXHAUSTED if out_of_memory, otherwise STATUS_USAGE. */
enum status status_of_wrong(const char *wrong);

/* The status for an errno value of a call on a segment. */
enum status status_of_segment(int error);

/* The status for an errno value of a call on a file, or an error of safe_open.h. */
enum status status_of_file(int error);

/* Describes an errno value of a call on a segment, for a message. */
const char *reason_of_segment(int error);

/* Describes an errno value of a call on a file, or an error of safe_open.h. */
const char *reason_of_file(int error);

/*
 * From here on, if touching memory fails because no page is available (huge pages have
 * run out), the program ends with this message and STATUS_EXHAUSTED, instead of being
 * killed by SIGBUS. done: how many bytes were written, to be reported then, or NULL;
 * advice: a hint, or NULL.
 */
void fail_on_bus_error(const char *failure, const uint64_t *done, const char *advice);

/* Sets *kept to status, unless *kept is a failure already. */
void status_keep_first(enum status *kept, enum status status);

/* Writes "4026532177 (db-1, 8123 postgres)" for an IPC namespace to text, and returns text. */
enum { NAMESPACE_LABEL_SIZE = QUOTED_SIZE(UNIT_SIZE) + 192 };
const char *namespace_label(char text[NAMESPACE_LABEL_SIZE], const struct namespace *ns);
#define NAMESPACE_LABEL(ns) namespace_label((char[NAMESPACE_LABEL_SIZE]){ 0 }, ns)

/*
 * Writes "segment 131076 (key 0x000004d2)" to text, and returns text. Adds the namespace
 * if segment->ns is set.
 */
enum { SEGMENT_LABEL_SIZE = NAMESPACE_LABEL_SIZE + 64 };
const char *segment_label(char text[SEGMENT_LABEL_SIZE], const struct segment *segment);
#define SEGMENT_LABEL(segment) segment_label((char[SEGMENT_LABEL_SIZE]){ 0 }, segment)

/*
 * Writes "0x000004d2" to text, and returns text. Adds the word that the user typed (or NULL)
 * if it has the form ftok:PROJ:PATH, which does not show the key.
 */
enum { KEY_LABEL_SIZE = 256 };
const char *key_label(char text[KEY_LABEL_SIZE], key_t key, const char *word);
#define KEY_LABEL(key, word) key_label((char[KEY_LABEL_SIZE]){ 0 }, key, word)

#endif
