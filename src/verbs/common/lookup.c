/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/common/lookup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "shm/process/namespace.h"
#include "shm/process/process.h"
#include "shm/segment/control.h"
#include "shm/segment/listing.h"
#include "text/names.h"
#include "text/parse_segment.h"

enum status key_path_failed(const char *word, int error)
{
	return fail(status_of_file(error), "%.200s: cannot make a key of this path: %s", word,
		    reason_of_file(error));
}

enum status parse_operand(const char *word, struct segment_ref *ref)
{
	int file_error;
	const char *wrong = parse_segment(word, ref, &file_error);

	if (wrong)
		return fail(STATUS_USAGE, "\"%.200s\": %s", word, wrong);
	return file_error ? key_path_failed(word, file_error) : STATUS_DONE;
}

void hint_at_key(const struct segment_ref *ref)
{
	int id;

	if (ref->kind == REF_ID && strncmp(ref->word, "id:", 3) != 0 && ref->id != 0 &&
	    segment_by_key(ref->id, &id) == 0)
		hint("%d is not an id, but the key of a segment: key:%d?", ref->id, ref->id);
}

static enum status report_missing(const struct segment_ref *ref)
{
	if (ref->kind == REF_ID)
		fail(STATUS_MISSING, "no segment has the id %d", ref->id);
	else
		fail(STATUS_MISSING, "no segment has the key 0x%08x", (unsigned int)ref->key);
	hint_at_key(ref);
	return STATUS_MISSING;
}

int look_up_segment(const struct segment_ref *ref, struct segment *segment)
{
	int id = ref->id;
	int error;

	if (ref->kind == REF_KEY) {
		error = segment_by_key(ref->key, &id);
		if (error)
			return error == ENOENT ? EINVAL : error;
	}
	error = listing_look(id, segment);
	/* the id may belong to another segment now */
	if (!error && ref->kind == REF_KEY && segment->key != ref->key)
		return EINVAL;
	if (!error)
		listing_whole_size(segment);
	return error;
}

enum status lookup_failed(const struct segment_ref *ref, int error)
{
	if (segment_missing(error))
		return report_missing(ref);
	return fail(status_of_segment(error), "cannot look up %s: %s", ref->word,
		    reason_of_segment(error));
}

enum status find_segment(const struct segment_ref *ref, struct segment *segment)
{
	int error = look_up_segment(ref, segment);

	return error ? lookup_failed(ref, error) : STATUS_DONE;
}

enum status read_only_segment(const struct operands *operands, struct segment_ref *ref)
{
	if (operands->count == 1)
		return parse_operand(operands->words[0], ref);
	if (operands->count == 0)
		fail(STATUS_USAGE, "no segment given");
	else
		fail(STATUS_USAGE, "\"%s\": only one segment may be given", operands->words[1]);
	return usage_hint();
}

/* Hints at what helps against a denial. Even root may lack the required capability. */
static void hint_at_rights(const struct segment *segment, const char *capability)
{
	struct names names = { 0 };
	const char *owner = name_of_user(&names, segment->uid);

	if (owner_is_unknown(segment))
		hint("who owns it is not known in this user namespace: be root outside of it");
	else if (segment->uid == geteuid() || segment->cuid == geteuid())
		hint("%s, with mode 0%03o: shmtool set %d -p u+rw",
		     segment->uid == geteuid() ? "it is yours" : "you made it", segment->mode,
		     segment->id);
	else if (geteuid() != 0)
		hint("it belongs to %s (mode 0%03o): be that user, or root", owner, segment->mode);
	else
		hint("it belongs to %s (mode 0%03o): be that user, or have %s%s", owner,
		     segment->mode, capability,
		     capabilities_count_here() ? "" : " outside of this user namespace");
	names_free(&names);
}

enum status segment_denied(const char *what, const struct segment *segment, const char *capability)
{
	fail(STATUS_DENIED, "cannot %s %s: permission denied", what, SEGMENT_LABEL(segment));
	hint_at_rights(segment, capability);
	return STATUS_DENIED;
}

enum status segment_failed(const char *what, const struct segment *segment, int error)
{
	/* EACCES comes from shmat(2) and IPC_STAT, EPERM from IPC_SET and IPC_RMID (sysvipc(7)) */
	if (error == EACCES)
		return segment_denied(what, segment, "CAP_IPC_OWNER");
	if (error == EPERM)
		return segment_denied(what, segment, "CAP_SYS_ADMIN");
	/* EINVAL also means that the segment's file was truncated, so that it cannot be attached */
	if (error == EINVAL && !segment_is_gone(segment->id))
		error = ENODATA;
	fail(status_of_segment(error), "cannot %s %s: %s", what, SEGMENT_LABEL(segment),
	     segment_missing(error) ? "it no longer exists" : reason_of_segment(error));
	if (error == EOVERFLOW)
		hint("do it outside of this user namespace, where all users are known");
	return status_of_segment(error);
}

void warn_of_trace(const struct segment *segment)
{
	struct processes processes = { 0 };
	const struct process *last = process_find(&processes, segment->lpid);

	if (segment->nattch == 0 && last->liveness == LIVENESS_RUNNING)
		warn("reading %s replaces its last user, process %s, which is running",
		     SEGMENT_LABEL(segment), PROCESS_LABEL(last));
	processes_free(&processes);
}
