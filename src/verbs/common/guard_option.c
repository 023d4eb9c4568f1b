/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/common/guard_option.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sem.h>
#include <unistd.h>

#include "shm/process/process.h"
#include "shm/segment/control.h"
#include "text/names.h"
#include "text/namespace_option.h"
#include "text/parse.h"
#include "text/parse_segment.h"
#include "text/units.h"
#include "verbs/common/lookup.h"

enum {
	CODE_GUARD = OPTION_CODES_GUARD,
	CODE_NUMBER,
	CODE_TIMEOUT,
};

const struct poptOption guard_option_table[] = {
	OPTION_VALUE("guard", '\0', CODE_GUARD, "hold this guard semaphore during the copy", "SEM"),
	OPTION_VALUE("guard-number", '\0', CODE_NUMBER, "use semaphore N of the set (0)", "N"),
	OPTION_VALUE("guard-timeout", '\0', CODE_TIMEOUT, "wait at most TIME for the guard",
		     "TIME"),
	OPTION_END,
};

static const char *set_guard(struct guard_option *guard_option, const char *value)
{
	const char *wrong = parse_segment(value, &guard_option->ref, &guard_option->file_error);

	return wrong == not_a_segment ? "not a semaphore set (expected " SEGMENT_FORMS ")" : wrong;
}

static const char *set_number(struct guard_option *guard_option, const char *value)
{
	uint64_t number;
	const char *wrong = parse_number(value, &number);

	guard_option->number_given = true;
	if (!wrong && number > USHRT_MAX)
		wrong = "not a semaphore number (0..65535)";
	guard_option->number = wrong ? 0 : (unsigned short)number;
	return wrong;
}

const char *guard_option_set(struct guard_option *guard_option, int code, const char *value)
{
	switch (code) {
	case CODE_GUARD:
		guard_option->given = true;
		return set_guard(guard_option, value);
	case CODE_NUMBER:
		return set_number(guard_option, value);
	default: /* CODE_TIMEOUT */
		guard_option->timeout_given = true;
		return parse_duration(value, &guard_option->timeout);
	}
}

enum status guard_option_check(const struct guard_option *guard_option)
{
	if (!guard_option->given && (guard_option->number_given || guard_option->timeout_given))
		return fail(STATUS_USAGE, "--guard-number and --guard-timeout require --guard");
	if (guard_option->file_error)
		return key_path_failed(guard_option->ref.word, guard_option->file_error, NULL);
	return STATUS_DONE;
}

/* "guard 5 (key 0x000004d2)" */
enum { LABEL_SIZE = 64 };
static const char *label(char text[LABEL_SIZE], const struct guard *guard)
{
	if (guard->key)
		snprintf(text, LABEL_SIZE, "guard %d (key 0x%08x)", guard->id,
			 (unsigned int)guard->key);
	else
		snprintf(text, LABEL_SIZE, "guard %d (no key)", guard->id);
	return text;
}
#define LABEL(guard) label((char[LABEL_SIZE]){ 0 }, guard)

static enum status guard_missing(const struct segment_ref *ref)
{
	if (ref->kind == REF_ID) {
		fail(STATUS_MISSING, "no such guard: no semaphore set has the id %d", ref->id);
		hint("\"%sipcs -s\" lists the semaphore sets", namespace_prefix());
		return STATUS_MISSING;
	}
	fail(STATUS_MISSING, "no such guard: no semaphore set has the key 0x%08x",
	     (unsigned int)ref->key);
	hint("\"shmtool create --with-guard\" creates one along with a segment");
	return STATUS_MISSING;
}

/* Reports the process that used the guard last, which the kernel records, and what to do. */
static void report_last_user(const struct guard_option *guard_option)
{
	const struct guard *guard = &guard_option->guard;
	struct processes processes = { 0 };
	struct names names = { 0 };
	char command[COMMAND_TEXT_SIZE];
	/* as root, the id could be another user's set by then */
	const bool by_other = geteuid() == 0 && guard->cuid && !*namespace_prefix() &&
			      !user_is_unknown(guard->cuid);
	const struct process *last = process_start(
		&processes, guard_last_user(guard_option->guard.id, guard_option->number));

	if (last->pid)
		remark("last used by process %d (%s)", last->pid,
		       last->liveness == LIVENESS_GONE ? process_exited
		       : *last->command                ? command_text(command, last->command)
						       : "running");
	if (last->pid && last->liveness == LIVENESS_GONE)
		hint("if no process uses the guard now, %s%s%srelease it: %sperl -e 'semctl(%d, %d, %d, 1)'",
		     by_other ? "as user " : "", by_other ? name_of_user(&names, guard->cuid) : "",
		     by_other ? ", " : "", namespace_prefix(), guard->id, guard_option->number,
		     SETVAL);
	else if (last->pid)
		hint("wait longer, or stop process %d if it holds the guard", last->pid);
	processes_free(&processes);
	names_free(&names);
}

static enum status timed_out(const struct guard_option *guard_option)
{
	char after[UNIT_TEXT_SIZE];

	timeout_text(after, guard_option->timeout);
	fail(STATUS_TIMEOUT, "cannot acquire %s: timed out after %s", LABEL(&guard_option->guard),
	     after);
	report_last_user(guard_option);
	return STATUS_TIMEOUT;
}

static enum status take_failed(const struct guard_option *guard_option, int error)
{
	const struct guard *guard = &guard_option->guard;

	if (error == ETIMEDOUT)
		return timed_out(guard_option);
	fail(status_of_segment(error), "cannot acquire %s: %s", LABEL(guard),
	     segment_missing(error) ? "it was removed in the meantime" : reason_of_segment(error));
	if (error == EACCES)
		hint("get write permission on the semaphore set: see \"%sipcs -s -i %d\"",
		     namespace_prefix(), guard->id);
	return status_of_segment(error);
}

enum status guard_option_find(struct guard_option *guard_option)
{
	const struct segment_ref *ref = &guard_option->ref;
	int id = ref->id;
	int error = 0;

	if (!guard_option->given)
		return STATUS_DONE;
	if (ref->kind == REF_KEY)
		error = guard_by_key(ref->key, &id);
	if (!error)
		error = guard_look(id, &guard_option->guard);
	if (error == ENOENT || segment_missing(error))
		return guard_missing(ref);
	if (error)
		return fail(status_of_segment(error), "cannot look up the guard %s: %s", ref->word,
			    reason_of_segment(error));
	if (guard_option->number >= guard_option->guard.count)
		return fail(STATUS_USAGE,
			    "--guard-number %d: %s has %" PRIu64 " semaphore%s, numbered from 0",
			    guard_option->number, LABEL(&guard_option->guard),
			    guard_option->guard.count, guard_option->guard.count == 1 ? "" : "s");
	/* checked now, since the segment is attached later, which leaves a trace */
	error = guard_may_take(&guard_option->guard);
	return error ? take_failed(guard_option, error) : STATUS_DONE;
}

enum status guard_option_take(const struct guard_option *guard_option,
			      const struct segment *segment)
{
	const struct guard *guard = &guard_option->guard;
	int error;

	if (!guard_option->given)
		return STATUS_DONE;
	error = guard_take(guard, guard_option->number,
			   guard_option->timeout_given ? guard_option->timeout : -1);
	/* signals_end() ends the program by the signal that came */
	if (error == EINTR)
		return STATUS_FAILED;
	if (error)
		return take_failed(guard_option, error);
	if (!segment_removed_since(segment))
		return STATUS_DONE;
	guard_release(guard, guard_option->number);
	return fail(STATUS_BUSY, "%s was removed or marked for removal during the wait for %s",
		    SEGMENT_LABEL(segment), LABEL(guard));
}

enum status guard_option_release(const struct guard_option *guard_option)
{
	int error =
		guard_option->given ? guard_release(&guard_option->guard, guard_option->number) : 0;

	if (!error)
		return STATUS_DONE;
	return fail(STATUS_BUSY,
		    "%s was %s while it was held: other processes may have accessed the segment "
		    "during the copy",
		    LABEL(&guard_option->guard), segment_missing(error) ? "removed" : "changed");
}
