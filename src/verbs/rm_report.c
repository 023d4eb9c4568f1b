/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/rm_report.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shm/segment/control.h"
#include "shm/system/interrupt.h"
#include "text/holders_text.h"
#include "text/json.h"
#include "text/segment_json.h"
#include "text/units.h"
#include "verbs/common/lookup.h"

/* How the results of reclaim() are told. */
static const struct telling {
	const char *result; /* in JSON */
	const char *reason; /* in JSON, and behind "left ... alone:"; NULL: none */
	enum status status;
} tellings[] = {
	[RECLAIM_REMOVED] = { "removed", NULL, STATUS_DONE },
	[RECLAIM_VANISHED] = { "vanished", "somebody else removed it meanwhile", STATUS_DONE },
	[RECLAIM_CHANGED] = { "left", "it changed since it was listed", STATUS_BUSY },
	[RECLAIM_IN_USE] = { "left", "it is attached", STATUS_BUSY },
	[RECLAIM_MARKED] = { "marked",
			     "a privileged process attached it in the last moment: it is marked, and "
			     "goes with its last detach",
			     STATUS_BUSY },
	[RECLAIM_LOCKED_OUT] = { "left", "and its mode could not be set back from 0000",
				 STATUS_BUSY },
	[RECLAIM_MISTAKEN] = { "left",
			       "its id became another segment's at that moment, which may have been "
			       "given its owner and mode 0000: see who made it, and set them",
			       STATUS_BUSY },
	[RECLAIM_FAILED] = { "failed", NULL, STATUS_FAILED },
};

void tell_json(struct removal *removal, const struct segment *segment, const char *result,
	       const char *reason)
{
	json_separate(removal->output, removal->tally->results);
	output_format(removal->output, "{\"result\":\"%s\",\"reason\":", result);
	if (reason)
		json_string(removal->output, reason);
	else
		output_text(removal->output, "null");
	output_char(removal->output, ',');
	json_fields(removal->output, &removal->view, NULL, segment);
	output_char(removal->output, '}');
	removal->tally->results++;
}

/* What was done, for a line and for JSON; and what would be done, with -n. */
static const struct doing {
	const char *line[2];
	const char *result[2];
} doings[] = {
	{ { "removed ", "would remove " }, { "removed", "would-remove" } },
	/* what is attached lives until its last detach */
	{ { "marked ", "would mark " }, { "marked", "would-mark" } },
};

/* Whether what is removed has a line or an entry. */
static bool has_lines(const struct removal *removal)
{
	const struct rm_options *options = removal->options;

	return options->json ||
	       (!options->quiet && (removal->by_filter || options->dry_run || options->verbose));
}

void tell_removed(struct removal *removal, const struct segment *segment)
{
	const struct rm_options *options = removal->options;
	const struct doing *done = &doings[segment->nattch > 0];
#define LINE                                                           \
	"%{id} key=%{key} owner=%{owner} size=%{size} state=%{state} " \
	"idle=%{idle} created-by=%{cpid}"
	const char *format = segment->ns ? LINE " ns=%{ns} ns-of=%{ns-of}" : LINE;

	if (options->json) {
		tell_json(removal, segment, done->result[options->dry_run], NULL);
	} else if (has_lines(removal)) {
		output_text(removal->output, done->line[options->dry_run]);
		print_format(removal->output, format, &removal->view, segment);
	}
	/* at last: who is killed before that has not counted it */
	if (segment->nattch == 0) {
		removal->tally->count++;
		removal->tally->bytes += segment->size;
	}
}

enum status tell_left(struct removal *removal, const struct segment *segment,
		      enum reclaim_result result, int error)
{
	const struct telling *telling = &tellings[result];
	const char *reason = telling->reason ? telling->reason : reason_of_segment(error);

	if (removal->options->json)
		tell_json(removal, segment, telling->result, reason);
	if (result == RECLAIM_FAILED)
		return segment_failed("remove", segment, error);
	if (result == RECLAIM_MARKED)
		return fail(telling->status, "%s: %s", SEGMENT_LABEL(segment), reason);
	if (result == RECLAIM_LOCKED_OUT) {
		fail(telling->status, "%s was left alone, %s: %s", SEGMENT_LABEL(segment), reason,
		     reason_of_segment(error));
		hint("nobody can attach it until you do: shmtool set%s%.200s %d -p 0%03o",
		     segment->ns ? " -N " : "", segment->ns ? segment->ns->path : "", segment->id,
		     segment->mode);
		return telling->status;
	}
	if (result != RECLAIM_VANISHED)
		return fail(telling->status, "%s was left alone: %s", SEGMENT_LABEL(segment),
			    reason);
	if (removal->by_filter || removal->options->force)
		return STATUS_DONE;
	return fail(STATUS_MISSING, "cannot remove %s: it no longer exists",
		    SEGMENT_LABEL(segment));
}

/* One walk serves all the segments that are refused. */
static struct holders *find_holders(struct removal *removal, const struct segment *segment,
				    int *error)
{
	struct listing refused = { .items = (struct segment *)segment, .count = 1 };

	*error = removal->holders_read ? 0 : holders_read(&removal->holders, NULL);
	removal->holders_read = !*error;
	if (!*error)
		*error = holders_decide(&removal->holders, &refused, NULL, NULL);
	return *error ? NULL : &removal->holders;
}

/* ", by process 12 (hold, nobody)"; where no holder is known, at least who made it. */
static void print_users(FILE *text, struct removal *removal, const struct segment *segment)
{
	const struct process *creator =
		process_find(&removal->view.judge->processes, segment->cpid);
	char *holders = holders_sentence(&removal->view, segment);

	if (holders)
		fprintf(text, ", by %s", holders);
	else if (segment->cpid)
		fprintf(text, " (made by process %d%s%s)", segment->cpid,
			*creator->command ? " " : "",
			creator->liveness == LIVENESS_GONE ? ", gone" : creator->command);
	free(holders);
}

/* Says who has a segment attached, and what is not known of that. */
static void say_attached(struct removal *removal, const struct segment *segment)
{
	const struct attachments *attachments =
		removal->view.holders ? holders_of(removal->view.holders, segment) : NULL;
	char text[HOLDERS_NOTE_SIZE];
	const char *note =
		attachments ? holders_note(text, removal->view.holders, attachments) : NULL;
	char *users = NULL;
	size_t size;
	FILE *stream = open_memstream(&users, &size);

	if (stream) {
		print_users(stream, removal, segment);
		fclose(stream);
	}
	fail(STATUS_BUSY, "%s %s: %" PRIu64 " attached%s", SEGMENT_LABEL(segment),
	     segment->dest ? "is marked for removal already, and goes with its last detach"
			   : "was left alone",
	     segment->nattch, users ? users : "");
	if (note)
		hint("%s", note);
	free(users);
}

enum status tell_attached(struct removal *removal, const struct segment *segment)
{
	int error;

	removal->view.holders = find_holders(removal, segment, &error);
	if (removal->options->json)
		tell_json(removal, segment, "left", tellings[RECLAIM_IN_USE].reason);
	say_attached(removal, segment);
	if (error)
		hint("cannot find out who has segments attached: %s", reason_of_holders(error));
	if (!segment->dest && may_control(segment))
		hint("--even-attached marks it: it goes with its last detach, and its key is free "
		     "at once");
	removal->view.holders = NULL; /* of the others nobody asked */
	return STATUS_BUSY;
}

void entry_is_whole(struct tally *tally)
{
	tally->whole = tally->output.length;
	tally->whole_results = tally->results;
}

void take_back_entry(struct tally *tally)
{
	if (tally->output.length <= tally->whole)
		return;
	tally->output.length = tally->whole;
	tally->results = tally->whole_results;
}

/* Whether something can be said at once, a line of PIPE_BUF at most. */
static bool words_are_read(void)
{
	struct pollfd words = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&words, 1, 0) != 0;
}

void tell_untold(struct tally *tally, size_t first)
{
	enum { IDS = 300, ID_SIZE = 12 }; /* in a line of less than PIPE_BUF */
	char ids[IDS * ID_SIZE];

	while (first < tally->tried && words_are_read()) {
		const struct namespace *ns = tally->tries[first].listed->ns;
		size_t length = 0;

		for (; first < tally->tried && length + ID_SIZE < sizeof(ids); first++) {
			if (tally->tries[first].result == RECLAIM_REMOVED)
				length += (size_t)snprintf(ids + length, ID_SIZE, " %d",
							   tally->tries[first].listed->id);
		}
		if (length)
			note("removed or marked all the same%s%s:%s",
			     ns ? ", in IPC namespace " : "", ns ? NAMESPACE_LABEL(ns) : "", ids);
	}
	tally->tried = tally->told = tally->written = 0;
}

/* What became of one that was tried; what is gone and has no line is for tell_untold(). */
static void tell_result(struct removal *removal, const struct reclaim *tried)
{
	enum reclaim_result result = tried->result;

	if (result == RECLAIM_REMOVED && has_lines(removal) && !removal->output->error)
		tell_removed(removal, tried->listed);
	/* where that could not be undone */
	if (result == RECLAIM_LOCKING || result == RECLAIM_REMOVING)
		status_keep_first(&removal->tally->status,
				  tell_left(removal, tried->listed, RECLAIM_LOCKED_OUT, ECANCELED));
	else if (result != RECLAIM_UNTRIED && result != RECLAIM_REMOVED)
		status_keep_first(&removal->tally->status,
				  tell_left(removal, tried->listed, result, tried->error));
}

/* Writes what is told so far, and where that would wait, nothing from now on. */
static void write_ready(struct removal *removal)
{
	struct output *output = removal->output;

	output_flush_ready(output);
	entry_is_whole(removal->tally);
	/* of JSON nobody has a part */
	if (!output->error && (output->length || removal->options->json))
		output->error = EINTR;
	if (!output->error)
		removal->tally->written = removal->tally->told;
}

void tell_rest(struct removal *removal, bool interrupted)
{
	void (*const write_on)(struct removal *) = interrupted ? write_ready : write_told;
	struct tally *tally = removal->tally;
	size_t untold;

	if (interrupted)
		write_ready(removal);
	untold = tally->written;
	while (tally->told < tally->tried) {
		const struct reclaim *tried = &tally->tries[tally->told];

		if (!interrupted || tried->result == RECLAIM_REMOVED || words_are_read())
			tell_result(removal, tried);
		entry_is_whole(tally);
		tally->told++;
		if (tally->told % LINES == 0)
			write_on(removal);
	}
	write_on(removal);
	/* what has no lines is written without any */
	tell_untold(tally, has_lines(removal) ? tally->written : untold);
}

void tell_guard_removed(struct removal *removal, const struct guard *guard)
{
	const struct rm_options *options = removal->options;

	if (!options->json && !options->quiet && (options->dry_run || options->verbose))
		output_format(removal->output, "%sguard %d key=0x%08x\n",
			      doings[0].line[options->dry_run], guard->id,
			      (unsigned int)guard->key);
}

void wait_with(struct removal *removal, const sigset_t *mask)
{
	removal->waiting = mask;
	removal->output->signals = mask;
	error_let_in(mask);
}

void hold_signals(struct removal *removal, sigset_t *before)
{
	signals_block(before);
	wait_with(removal, before);
}

void write_told(struct removal *removal)
{
	struct tally *tally = removal->tally;

	output_flush(removal->output);
	tally->whole = 0;
	if (!removal->output->error)
		tally->written = tally->told;
}

void let_signals_in(struct removal *removal)
{
	if (!removal->waiting)
		return;
	write_told(removal);
	sigprocmask(SIG_SETMASK, removal->waiting, NULL);
	wait_with(removal, NULL);
}

void tell_total(const struct removal *removal)
{
	const struct tally *tally = removal->tally;
	char size[UNIT_TEXT_SIZE];

	if (!removal->by_filter || removal->options->quiet || removal->options->json ||
	    !tally->count)
		return;
	size_text(size, tally->bytes);
	output_format(removal->output, "total %zu segment%s, %" PRIu64 " bytes (%s)", tally->count,
		      tally->count == 1 ? "" : "s", tally->bytes, size);
	if (removal->options->choice.filter.all_namespaces)
		output_format(removal->output, " in %zu IPC namespace%s", tally->namespaces,
			      tally->namespaces == 1 ? "" : "s");
	output_char(removal->output, '\n');
}
