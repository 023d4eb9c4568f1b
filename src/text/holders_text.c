/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/holders_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/process/procfs.h"
#include "text/json.h"
#include "text/units.h"
#include "text/verdict.h"

/* How many processes a short text names. */
enum { HANDFUL = 4 };

static const struct attachments *attachments_of(struct view *view, const struct segment *segment)
{
	return view->holders ? holders_of(view->holders, segment) : NULL;
}

uint64_t holders_page(struct view *view, const struct segment *segment)
{
	const struct attachments *attachments = attachments_of(view, segment);

	return attachments && attachments->count ? attachments->items[0]->mapping.page : 0;
}

static const char *access_text(const struct holder *holder)
{
	static const char *const names[] = {
		[MAPPING_NONE] = "none",
		[MAPPING_READ] = "ro",
		[MAPPING_WRITE] = "rw",
	};

	return names[holder->mapping.access];
}

static const char *user_of(struct view *view, const struct segment *segment, uid_t uid)
{
	return uid == (uid_t)-1 ? "unknown" : user_of_segment(view, segment, uid);
}

const char *reason_of_holders(int error)
{
	switch (error) {
	case ENOENT:
		return "/proc is not mounted";
	case ENXIO:
		return "/proc belongs to another PID namespace";
	default:
		return strerror(error);
	}
}

/*
 * Writes to text why some attachments are not known ("2 of 3 attachments identified; run
 * as root to identify the others"), and returns text. Returns NULL if all are known.
 */
enum { HOLDERS_NOTE_SIZE = 256 };
static const char *holders_note(char text[HOLDERS_NOTE_SIZE], const struct holders *holders,
				const struct attachments *attachments)
{
	bool is_root = geteuid() == 0;
	int length;

	if (attachments->doubt == HOLDERS_ALL)
		return NULL;
	if (attachments->count > attachments->nattch) {
		snprintf(text, HOLDERS_NOTE_SIZE,
			 "%zu mappings, but only %" PRIu64 " attached: some processes map it "
			 "through /proc/PID/map_files",
			 attachments->count, attachments->nattch);
		return text;
	}
	length = snprintf(text, HOLDERS_NOTE_SIZE, "%zu of %" PRIu64 " attachments identified; ",
			  attachments->count, attachments->nattch);
	text += length;
	switch (attachments->doubt) {
	case HOLDERS_DENIED:
		if (!is_root)
			snprintf(text, HOLDERS_NOTE_SIZE - (size_t)length,
				 "run as root to identify the others");
		else
			snprintf(text, HOLDERS_NOTE_SIZE - (size_t)length,
				 "the memory maps of %zu process%s are not readable",
				 holders->all.denied, holders->all.denied == 1 ? "" : "es");
		break;
	case HOLDERS_NAMESPACE:
		snprintf(text, HOLDERS_NOTE_SIZE - (size_t)length, "processes %s are not visible",
			 proc_hides_processes() ? "that /proc hides (hidepid)"
						: "in other PID namespaces");
		break;
	case HOLDERS_UNDECIDED:
		snprintf(text, HOLDERS_NOTE_SIZE - (size_t)length,
			 "%zu more could belong to it or to segment %d of another IPC namespace%s",
			 attachments->undecided, attachments->id,
			 is_root ? "" : "; run as root to distinguish");
		break;
	case HOLDERS_CHANGED:
		snprintf(text, HOLDERS_NOTE_SIZE - (size_t)length,
			 "the count changed during the scan");
		break;
	/* GCOVR_EXCL_START: rarely: a process exits during the scan */
	default:
		snprintf(text, HOLDERS_NOTE_SIZE - (size_t)length,
			 "the others were not found; try again");
		/* GCOVR_EXCL_STOP */
	}
	return text - length;
}

/* Whether the mapping covers the whole segment, which it does unless it was split. */
static bool is_whole(const struct holder *holder, const struct segment *segment)
{
	const struct mapping *mapping = &holder->mapping;

	return mapping->offset == 0 && mapping->end - mapping->start >= segment->size;
}

/* One line. */
static void print_holder(struct output *output, struct view *view, const struct segment *segment,
			 const struct holder *holder)
{
	char present[UNIT_TEXT_SIZE];
	const struct mapping *mapping = &holder->mapping;
	const char *command = holder->command;
	char text[COMMAND_TEXT_SIZE];

	output_format(output, "process %d", holder->pid);
	if (*command) {
		output_text(output, " (");
		output_escaped(output, command_text(text, command));
		output_char(output, ')');
	}
	output_text(output, ", user ");
	output_escaped(output, user_of(view, segment, holder->user));
	output_format(output, ", %s at 0x%" PRIx64, access_text(holder), mapping->start);
	if (!is_whole(holder, segment))
		output_format(output, ", %s from byte %" PRIu64,
			      BYTES(mapping->end - mapping->start), mapping->offset);
	if (holder->present != PRESENT_UNKNOWN) {
		size_text(present, holder->present);
		output_format(output, ", %s resident", present);
	}
	output_char(output, '\n');
}

static const struct process *origin_of(struct view *view, const struct holder *holder)
{
	return holder_origin(&view->judge->processes, holder);
}

/* The processes of all holders at once, unless they were read before. */
static void read_origins(struct view *view, const struct attachments *attachments)
{
	pid_t *pids = calloc(attachments->count + 1, sizeof(*pids));

	for (size_t i = 0; pids && i < attachments->count; i++)
		pids[i] = attachments->items[i]->pid;
	if (pids)
		processes_read(&view->judge->processes, pids, attachments->count, true);
	free(pids);
}

/* Whether an earlier attachment is of the same process; they are sorted by pid. */
static bool is_shown(const struct attachments *attachments, size_t index)
{
	return index && attachments->items[index]->pid == attachments->items[index - 1]->pid;
}

void print_holders(struct output *output, struct view *view, const struct segment *segment,
		   int indent)
{
	const struct attachments *attachments = attachments_of(view, segment);
	char text[HOLDERS_NOTE_SIZE];
	const char *note;

	if (!attachments) {
		output_text(output, "not known\n");
		return;
	}
	note = holders_note(text, view->holders, attachments);
	if (!attachments->count && !note)
		output_text(output, "none\n");
	read_origins(view, attachments);
	for (size_t i = 0; i < attachments->count; i++) {
		if (i)
			output_format(output, "%*s", indent, "");
		print_holder(output, view, segment, attachments->items[i]);
		if (!is_shown(attachments, i))
			print_origin(output, origin_of(view, attachments->items[i]), indent + 2);
	}
	if (note)
		output_format(output, "%*s%s\n", attachments->count ? indent : 0, "", note);
}

static void json_holder(struct output *output, struct view *view, const struct segment *segment,
			const struct holder *holder)
{
	const struct mapping *mapping = &holder->mapping;
	const struct process *process = origin_of(view, holder);

	output_format(output, "{\"pid\":%d,\"user\":", holder->pid);
	if (holder->user == (uid_t)-1)
		output_text(output, "null"); /* GCOVR_EXCL_LINE: rarely: the process exits */
	else if (view->numeric || !users_are_known(view, segment))
		output_number(output, holder->user);
	else
		json_string(output, name_of_user(&view->names, holder->user));
	json_text(output, "command", holder->command);
	json_text(output, "command_line", process->command_line);
	json_text(output, "unit", process->unit);
	output_format(output, ",\"access\":\"%s\",\"address\":\"0x%" PRIx64 "\"",
		      access_text(holder), mapping->start);
	output_format(output, ",\"offset\":%" PRIu64 ",\"length\":%" PRIu64, mapping->offset,
		      mapping->end - mapping->start);
	json_number(output, "resident", holder->present != PRESENT_UNKNOWN, holder->present);
	output_char(output, '}');
}

void json_holders(struct output *output, struct view *view, const struct segment *segment)
{
	const struct attachments *attachments = attachments_of(view, segment);

	if (!attachments) {
		/* GCOVR_EXCL_START: rarely: it was attached after the scan */
		output_text(output, "null");
		return;
		/* GCOVR_EXCL_STOP */
	}
	read_origins(view, attachments);
	output_char(output, '[');
	for (size_t i = 0; i < attachments->count; i++) {
		json_separate(output, i);
		json_holder(output, view, segment, attachments->items[i]);
	}
	output_char(output, ']');
}

static size_t count_processes(const struct attachments *attachments)
{
	size_t count = 0;

	for (size_t i = 0; i < attachments->count; i++)
		count += !is_shown(attachments, i);
	return count;
}

/* "1234 hold, 1300 postgres and 12 more, 1 unseen" */
static void write_list(FILE *text, const struct attachments *attachments, size_t most)
{
	size_t shown = 0;

	for (size_t i = 0; i < attachments->count && shown < most; i++) {
		char label[PROCESS_LABEL_SIZE];
		const struct holder *holder = attachments->items[i];

		if (!is_shown(attachments, i))
			fprintf(text, "%s%s", shown++ ? ", " : "",
				process_label(label, holder->pid, holder->command));
	}
	if (count_processes(attachments) > shown)
		fprintf(text, " and %zu more", count_processes(attachments) - shown);
	if (attachments->count < attachments->nattch)
		fprintf(text, "%s%" PRIu64 " unseen", shown ? ", " : "",
			attachments->nattch - attachments->count);
}

/* Ends a stream of open_memstream(3). Returns its text, for free(3), or NULL if out of memory. */
static char *end_text(FILE *text, char **result)
{
	if (fclose(text) == 0)
		return *result;
	/* GCOVR_EXCL_START: rarely: not enough memory */
	free(*result);
	return NULL;
	/* GCOVR_EXCL_STOP */
}

char *holders_text(struct view *view, const struct segment *segment)
{
	const struct attachments *attachments = attachments_of(view, segment);
	char *result = NULL;
	size_t size;
	FILE *text = attachments ? open_memstream(&result, &size) : NULL;

	if (!text)
		return NULL; /* GCOVR_EXCL_LINE: rarely: not enough memory */
	write_list(text, attachments, HANDFUL);
	putc('\0', text);
	write_list(text, attachments, SIZE_MAX);
	return end_text(text, &result);
}

/*
 * Returns "process 1234 (hold, alice), 1300 (postgres, pg) and 12 more", for free(3), or
 * NULL if no process is known.
 */
static char *holders_sentence(struct view *view, const struct segment *segment)
{
	const struct attachments *attachments = attachments_of(view, segment);
	char *result = NULL;
	size_t shown = 0;
	size_t size;
	FILE *text;

	if (!attachments || !attachments->count)
		return NULL;
	text = open_memstream(&result, &size);
	if (!text)
		return NULL; /* GCOVR_EXCL_LINE: rarely: not enough memory */
	for (size_t i = 0; i < attachments->count && shown < HANDFUL; i++) {
		const struct holder *holder = attachments->items[i];
		const char *command = holder->command;
		char safe[COMMAND_TEXT_SIZE];

		if (!is_shown(attachments, i))
			fprintf(text, "%s%d (%s%s%s)", shown++ ? ", " : "process ", holder->pid,
				command_text(safe, command), *command ? ", " : "",
				user_of(view, segment, holder->user));
	}
	if (count_processes(attachments) > shown)
		fprintf(text, " and %zu more", count_processes(attachments) - shown);
	return end_text(text, &result);
}

/*
 * Returns "attached by process 12 (hold, alice)", for free(3), or NULL if out of memory.
 * If no attached process is known, the text is the number of attachments, and the last user if
 * it is running, otherwise the creator.
 */
static char *attached_sentence(struct view *view, const struct segment *segment)
{
	/* if it is running, the last user has probably attached it */
	const struct process *user = judge_named(view->judge, segment, ROLE_LAST_USER);
	const enum role role = user ? ROLE_LAST_USER : ROLE_CREATOR;
	const pid_t pid = segment_pid(segment, role);
	const struct process *process = process_find(&view->judge->processes, pid);
	const struct process *named = judge_named(view->judge, segment, role);
	char *holders = holders_sentence(view, segment);
	char command[COMMAND_TEXT_SIZE];
	char *result = NULL;
	size_t size;
	FILE *text = open_memstream(&result, &size);

	if (!text) {
		/* GCOVR_EXCL_START: not enough memory */
		free(holders);
		return NULL;
		/* GCOVR_EXCL_STOP */
	}
	if (holders)
		fprintf(text, "attached by %s", holders);
	else
		fprintf(text, "attached by %" PRIu64 " process%s that cannot be identified",
			segment->nattch, segment->nattch == 1 ? "" : "es");
	if (!holders && pid)
		fprintf(text, " (%s by process %d, %s)", user ? "last used" : "created", pid,
			process->liveness == LIVENESS_GONE ? process_exited
			: named && *named->command         ? command_text(command, named->command)
							   : "running");
	free(holders);
	return end_text(text, &result);
}

enum status fail_attached(struct view *view, const struct segment *segment, enum status status,
			  const char *before)
{
	const struct attachments *attachments = attachments_of(view, segment);
	char text[HOLDERS_NOTE_SIZE];
	const char *unknown = attachments ? holders_note(text, view->holders, attachments) : NULL;
	char *users = attached_sentence(view, segment);

	fail(status, "%s %s", before, users ? users : "attached");
	if (unknown)
		remark("%s", unknown);
	free(users);
	return status;
}
