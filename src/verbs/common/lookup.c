/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/common/lookup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "shm/process/namespace.h"
#include "shm/process/process.h"
#include "shm/segment/control.h"
#include "shm/segment/judge.h"
#include "shm/segment/listing.h"
#include "shm/system/capability.h"
#include "text/names.h"
#include "text/namespace_option.h"
#include "text/parse_segment.h"

enum status key_path_failed(const char *word, int error, const char *nothing_done)
{
	return fail(status_of_file(error), "cannot derive a key from %.200s: %s%s%s", word,
		    reason_of_file(error), nothing_done ? "; " : "",
		    nothing_done ? nothing_done : "");
}

enum status parse_operand(const char *word, struct segment_ref *ref)
{
	int path_error;
	const char *wrong = parse_segment(word, ref, &path_error);

	ref->path_error = path_error;
	return wrong ? fail(STATUS_USAGE, "\"%.200s\": %s", word, wrong) : STATUS_DONE;
}

void hint_at_key(const struct segment_ref *ref)
{
	int id;

	if (ref->kind == REF_ID && strncmp(ref->word, "id:", 3) != 0 && ref->id != 0 &&
	    segment_by_key(ref->id, &id) == 0)
		hint("try key:%d (a segment has this key)", ref->id);
}

static enum status report_missing(const struct segment_ref *ref)
{
	if (ref->kind == REF_ID)
		fail(STATUS_MISSING, "no segment has the id %d", ref->id);
	else
		fail(STATUS_MISSING, "no segment has the key %s", KEY_LABEL(ref->key, ref->word));
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
	if (operands->count == 1) {
		enum status status = parse_operand(operands->words[0], ref);

		return status || !ref->path_error
			       ? status
			       : key_path_failed(ref->word, ref->path_error, NULL);
	}
	if (operands->count == 0)
		fail(STATUS_USAGE, "no SEGMENT given");
	else
		fail(STATUS_USAGE, "\"%s\": only one SEGMENT may be given", operands->words[1]);
	return usage_hint();
}

/* Returns "user " before a user without a name: "(1001)" could be a process. */
static const char *word_for(const char *name)
{
	return name[strspn(name, "0123456789")] ? "" : "user ";
}

/* Of owners and creators in hints: once for thousands of segments that are refused. */
static struct names names;

/* Hints at what helps an ordinary user who is neither the owner nor the creator. */
static void hint_at_other_user(const struct segment *segment, bool by_mode)
{
	const char *owner = name_of_user(&names, segment->uid);
	const char *creator = name_of_user(&names, segment->cuid);

	if (by_mode)
		hint("run as root or as a user with permission (owner %s, mode 0%03o)", owner,
		     segment->mode);
	else if (segment->uid == 0 && segment->cuid == 0)
		hint("run as root");
	else if (segment->uid == segment->cuid)
		hint("run as root or as its owner and creator (%s%s)", word_for(owner), owner);
	else
		hint("run as root, as its owner (%s%s) or as its creator (%s%s)", word_for(owner),
		     owner, word_for(creator), creator);
}

/* Root, too, may lack the capability that is required. */
static void hint_at_capability(const struct segment *segment, const char *capability)
{
	hint("run as user %s, or with %s%s", name_of_user(&names, segment->uid), capability,
	     capabilities_count_here() ? "" : OF_OWNING_USER_NAMESPACE);
}

/*
 * Hints at how to get access to a segment that this user owns or created. The whole mode is
 * given, since set refuses to change a mode of 0 in part.
 */
static void hint_at_mode(const struct segment *segment)
{
	const bool is_owner = segment->uid == geteuid();
	const char *ns = NAMESPACE_OPTION(segment->ns);
	const unsigned int mode = segment->dest ? 0600 : segment->mode | 0600;
	const char *creator = name_of_user(&names, segment->cuid);

	if (is_owner && (segment->cuid == geteuid() || segment->cuid == 0))
		hint("grant yourself access (you own it, mode 0%03o): shmtool set%s -p 0%03o %d",
		     segment->mode, ns, mode, segment->id);
	else if (is_owner)
		hint("as root, change its mode (0%03o): shmtool set%s -p 0%03o %d; or take it back "
		     "as its creator: shmtool set%s -u %s -p 0600 %d",
		     segment->mode, ns, mode, segment->id, ns, creator, segment->id);
	else
		hint("take it back (you created it, mode 0%03o): shmtool set%s -u %s -p 0600 %d",
		     segment->mode, ns, creator, segment->id);
}

/* by_mode: the mode of the segment decides; otherwise only who owns or created it. */
static void hint_at_rights(const struct segment *segment, const char *capability, bool by_mode)
{
	if (owner_is_unknown(segment))
		hint("run as root outside this user namespace, in which the owner is not mapped");
	else if (segment->uid == geteuid() || segment->cuid == geteuid())
		hint_at_mode(segment);
	else if (geteuid() != 0)
		hint_at_other_user(segment, by_mode);
	else
		hint_at_capability(segment, capability);
}

enum status segment_denied(const char *what, const struct segment *segment, const char *capability)
{
	fail(STATUS_DENIED, "cannot %s %s: permission denied", what, SEGMENT_LABEL(segment));
	hint_at_rights(segment, capability, strcmp(capability, "CAP_IPC_OWNER") == 0);
	return STATUS_DENIED;
}

/*
 * The capability that is missing: this one, or if that is in use, the right to act as the creator
 * of a segment that cannot be attached (hold.h).
 */
static const char *missing_capability(int capability, const char *name)
{
	return capability_in_use(capability) && capabilities_count_here() ? "CAP_SETUID" : name;
}

enum status segment_failed(const char *what, const struct segment *segment, int error)
{
	/* EACCES comes from shmat(2) and IPC_STAT, EPERM from IPC_SET and IPC_RMID (sysvipc(7)) */
	if (error == EACCES)
		return segment_denied(what, segment,
				      missing_capability(CAP_IPC_OWNER, "CAP_IPC_OWNER"));
	if (error == EPERM)
		return segment_denied(what, segment,
				      missing_capability(CAP_SYS_ADMIN, "CAP_SYS_ADMIN"));
	/* EINVAL also means that the segment's file was truncated, so that it cannot be attached */
	if (error == EINVAL && !segment_is_gone(segment->id))
		error = ENODATA;
	fail(status_of_segment(error), "cannot %s %s: %s", what, SEGMENT_LABEL(segment),
	     segment_missing(error) ? "it no longer exists" : reason_of_segment(error));
	if (error == EOVERFLOW)
		hint("run this outside the user namespace, where all users are mapped");
	return status_of_segment(error);
}

/* If it is the one that the segment records. */
static void warn_of_listed(const char *what, const struct segment *segment)
{
	struct judge judge;
	const struct process *last;

	judge_begin(&judge, 0, false);
	last = process_start(&judge.processes, segment->lpid);
	if (segment->nattch == 0 && last->liveness == LIVENESS_RUNNING &&
	    judge_named(&judge, segment, ROLE_LAST_USER))
		warn("%s %s overwrites its last user (process %s, still running); it may later be "
		     "considered orphaned",
		     what, SEGMENT_LABEL(segment), PROCESS_LABEL(last));
	else if (segment->nattch == 0 && last->liveness == LIVENESS_RUNNING)
		warn("%s %s overwrites its last user (process %d, or a later process with its pid); "
		     "it may later be considered orphaned",
		     what, SEGMENT_LABEL(segment), segment->lpid);
	else if (segment->nattch == 0 && last->liveness != LIVENESS_GONE &&
		 !segment_never_used(segment))
		warn("%s %s overwrites its last user (in another PID namespace, may be running); "
		     "it may later be considered orphaned",
		     what, SEGMENT_LABEL(segment));
	judge_end(&judge);
}

void warn_of_trace(const char *what, const struct segment *segment, enum trace trace)
{
	if (trace == TRACE_LISTED)
		warn_of_listed(what, segment);
	if (trace == TRACE_UNKNOWN)
		warn("%s %s overwrites its last user (which detached it just now, and may be "
		     "running); it may later be considered orphaned",
		     what, SEGMENT_LABEL(segment));
	if (trace == TRACE_OTHER)
		warn("another segment has the id %d now, and its last user is no longer on record, "
		     "since shmtool attached it; it may later be considered orphaned",
		     segment->id);
}

void warn_of_detach(const char *what, const struct segment *segment)
{
	struct segment now;

	if (segment_look(segment->id, &now) || now.nattch != 1 || now.dest || now.lpid == getpid())
		return;
	now.nattch = 0;
	warn_of_listed(what, &now);
}
