/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/error.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shm/system/safe_open.h"
#include "shm/system/signals.h"
#include "text/escape.h"

enum { LINE_SIZE = 4096 };

static const char *program_name = "shmtool";

void error_set_name(const char *name)
{
	program_name = name;
}

const char *error_name(void)
{
	return program_name;
}

/* Whether stderr accepts a line of PIPE_BUF bytes at once. */
static bool stderr_is_ready(void)
{
	struct pollfd pollfd = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&pollfd, 1, 0) != 0;
}

bool error_write(const char *text, size_t length)
{
	while (length) {
		ssize_t put;

		/* a signal is to end the program soon, even if no process reads stderr */
		if (signals_came() && !stderr_is_ready())
			return false;
		put = write(STDERR_FILENO, text, length);
		if (put < 0 && errno != EINTR)
			return false;
		if (put > 0) {
			text += put;
			length -= (size_t)put;
		}
	}
	return true;
}

__attribute__((format(printf, 2, 0))) static void say_list(const char *kind, const char *format,
							   va_list arguments)
{
	char message[LINE_SIZE];
	char line[LINE_SIZE + 1];
	size_t length;

	length = (size_t)snprintf(message, sizeof(message), "%s: %s", program_name, kind);
	if (length < sizeof(message))
		vsnprintf(message + length, sizeof(message) - length, format, arguments);
	length = escape_controls(line, sizeof(line) - 1, message);
	line[length++] = '\n';
	error_write(line, length);
}

void say(const char *kind, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say_list(kind, format, arguments);
	va_end(arguments);
}

enum status fail(enum status status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say_list("", format, arguments);
	va_end(arguments);
	return status;
}

void hint(const char *format, ...)
{
	static char before[LINE_SIZE];
	char now[LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(now, sizeof(now), format, arguments);
	va_end(arguments);
	/* several failures often have the same remedy */
	if (strcmp(now, before) != 0)
		say("hint: ", "%s", now);
	strcpy(before, now);
}

/* What errors of segment calls mean. Any other is STATUS_FAILED, with strerror(3)'s text. */
static const struct meaning {
	int error;
	enum status status;
	const char *reason; /* NULL: strerror(3)'s text */
} segment_meanings[] = {
	{ EINVAL, STATUS_MISSING, "no such segment" },
	{ EIDRM, STATUS_MISSING, "no such segment" },
	{ ENOENT, STATUS_MISSING, "no such segment" },
	{ EEXIST, STATUS_EXISTS, "already exists" },
	{ EACCES, STATUS_DENIED, "permission denied" },
	{ EPERM, STATUS_DENIED, "permission denied" },
	{ ENOMEM, STATUS_EXHAUSTED, "not enough memory" },
	{ ENOSPC, STATUS_EXHAUSTED, "a kernel limit is reached" },
	{ EMFILE, STATUS_EXHAUSTED, NULL },
	{ ENFILE, STATUS_EXHAUSTED, NULL },
	{ EAGAIN, STATUS_EXHAUSTED, NULL },
	{ ETIMEDOUT, STATUS_TIMEOUT, "timed out" },
	{ EINPROGRESS, STATUS_FAILED, "the worker process does not respond" },
	{ EBUSY, STATUS_BUSY, "in use" },
	{ ESTALE, STATUS_BUSY, "its owner has changed, or its id belongs to another segment now" },
	{ ENODATA, STATUS_BUSY, "it was truncated through its file (attach --as-file)" },
	{ ENOSYS, STATUS_FAILED, "this kernel has no System V shared memory" },
	{ EOPNOTSUPP, STATUS_FAILED,
	  "there are segments, but this kernel does not list them: name them by id or key" },
	{ EOVERFLOW, STATUS_FAILED,
	  "its owner or group, or the new one, is not mapped in this user namespace" },
	{ EXDEV, STATUS_DENIED,
	  "acting as its user is not safe: that user owns the user namespace, or may own it" },
	{ EOWNERDEAD, STATUS_FAILED,
	  "kernel.shm_rmid_forced is 1, so detaching it could destroy it" },
};

/* What errors of calls on files mean. */
static const struct meaning file_meanings[] = {
	{ EACCES, STATUS_DENIED, NULL },
	{ EPERM, STATUS_DENIED, NULL },
	{ ENOMEM, STATUS_EXHAUSTED, NULL },
	{ EMFILE, STATUS_EXHAUSTED, NULL },
	{ ENFILE, STATUS_EXHAUSTED, NULL },
	{ EAGAIN, STATUS_FAILED, "another process has a lease on it; try again" },
	{ UNSAFE_LINK, STATUS_DENIED, "a symbolic link of another user in a sticky directory" },
	{ UNSAFE_FIFO, STATUS_DENIED, "a FIFO of another user in a sticky directory" },
	{ UNSAFE_REPLACED, STATUS_FAILED, "it is being replaced; try again" },
	{ UNSAFE_OWNER, STATUS_FAILED, "must be owned by root or by you" },
	{ UNSAFE_WRITABLE, STATUS_FAILED, "must not be writable by group or others" },
	{ UNSAFE_KIND, STATUS_FAILED, "not a regular file" },
	{ UNSAFE_FILESYSTEM, STATUS_FAILED, "not on a real file system" },
};

#define FIND_MEANING(meanings, error) \
	find_meaning(meanings, sizeof(meanings) / sizeof((meanings)[0]), error)

static const struct meaning *find_meaning(const struct meaning *meanings, size_t count, int error)
{
	for (size_t i = 0; i < count; i++) {
		if (meanings[i].error == error)
			return &meanings[i];
	}
	return NULL;
}

static enum status status_of(const struct meaning *meaning)
{
	return meaning ? meaning->status : STATUS_FAILED;
}

static const char *reason_of(const struct meaning *meaning, int error)
{
	return meaning && meaning->reason ? meaning->reason : strerror(error);
}

enum status status_of_segment(int error)
{
	return status_of(FIND_MEANING(segment_meanings, error));
}

const char *reason_of_segment(int error)
{
	return reason_of(FIND_MEANING(segment_meanings, error), error);
}

enum status status_of_file(int error)
{
	return status_of(FIND_MEANING(file_meanings, error));
}

const char *reason_of_file(int error)
{
	return reason_of(FIND_MEANING(file_meanings, error), error);
}

const char out_of_memory[] = "not enough memory";

enum status status_of_wrong(const char *wrong)
{
	return wrong == out_of_memory ? STATUS_EXHAUSTED : STATUS_USAGE;
}

/* The messages for a SIGBUS, formatted in advance: a signal handler cannot format. */
static struct {
	char failure[LINE_SIZE];
	const uint64_t *done;
	char advice[LINE_SIZE];
} at_bus_error;

static void write_number(uint64_t number)
{
	char digits[20]; /* 2^64 - 1 has 20 digits */
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	error_write(digits + at, sizeof(digits) - at);
}

static void on_bus_error(int number)
{
	static const char begin[] = "; at least ";
	static const char unit[] = " bytes were written";

	(void)number;
	error_write(at_bus_error.failure, strlen(at_bus_error.failure));
	if (at_bus_error.done) {
		error_write(begin, sizeof(begin) - 1);
		write_number(*at_bus_error.done);
		error_write(unit, sizeof(unit) - 1);
	}
	error_write("\n", 1);
	error_write(at_bus_error.advice, strlen(at_bus_error.advice));
	_exit(STATUS_EXHAUSTED);
}

void fail_on_bus_error(const char *failure, const uint64_t *done, const char *advice)
{
	struct sigaction action = { .sa_handler = on_bus_error };

	snprintf(at_bus_error.failure, LINE_SIZE, "%s: %s", program_name, failure);
	at_bus_error.done = done;
	if (advice)
		snprintf(at_bus_error.advice, LINE_SIZE, "%s: hint: %s\n", program_name, advice);
	sigaction(SIGBUS, &action, NULL);
}

void status_keep_first(enum status *kept, enum status status)
{
	if (*kept == STATUS_DONE)
		*kept = status;
}

const char *namespace_label(char text[NAMESPACE_LABEL_SIZE], const struct namespace *ns)
{
	unsigned long inode = ns->inode;
	const char *comma = *ns->name ? ", " : "";
	char process[PROCESS_LABEL_SIZE];
	char quoted[QUOTED_SIZE(UNIT_SIZE)];
	char path[128];
	const char *name = *ns->name ? command_text(quoted, ns->name) : "";

	if (ns->pid)
		snprintf(text, NAMESPACE_LABEL_SIZE, "%lu (%s%s%s)", inode, name, comma,
			 process_label(process, ns->pid, ns->command));
	else
		snprintf(text, NAMESPACE_LABEL_SIZE, "%lu (%s%s%s)", inode, name, comma,
			 quote_word(path, sizeof(path), ns->path));
	return text;
}

const char *segment_label(char text[SEGMENT_LABEL_SIZE], const struct segment *segment)
{
	const char *in = segment->ns ? " in IPC namespace " : "";
	const char *ns = segment->ns ? NAMESPACE_LABEL(segment->ns) : "";

	if (segment->key)
		snprintf(text, SEGMENT_LABEL_SIZE, "segment %d (key 0x%08x)%s%s", segment->id,
			 (unsigned int)segment->key, in, ns);
	else
		snprintf(text, SEGMENT_LABEL_SIZE, "segment %d (no key)%s%s", segment->id, in, ns);
	return text;
}

const char *key_label(char text[KEY_LABEL_SIZE], key_t key, const char *word)
{
	if (word && strncmp(word, "ftok:", 5) == 0)
		snprintf(text, KEY_LABEL_SIZE, "0x%08x (%.200s)", (unsigned int)key, word);
	else
		snprintf(text, KEY_LABEL_SIZE, "0x%08x", (unsigned int)key);
	return text;
}
