/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/process/namespace.h"
#include "shm/system/array.h"
#include "text/error.h"
#include "text/holders_text.h"
#include "text/parse.h"
#include "text/state_names.h"

/* Getters, one for each field, in the order of the table. */

/* Defines get_NAME(), which returns this expression. */
#define GETTER_BY(name, ...)                                                             \
	static struct value get_##name(struct view *view, const struct segment *segment) \
	{                                                                                \
		(void)view;                                                              \
		(void)segment;                                                           \
		return __VA_ARGS__;                                                      \
	}

/* As above, for a value with these members. */
#define GETTER(name, ...) GETTER_BY(name, (struct value){ __VA_ARGS__ })

/* Returns name, or NULL if a number must be printed: --numeric, or an ambiguous name. */
static const char *suitable(const struct view *view, const char *name)
{
	return view->unambiguous && strpbrk(name, " =") ? NULL : name;
}

static const char *user_text(struct view *view, const struct segment *segment, uid_t uid)
{
	if (view->numeric || !users_are_known(view, segment))
		return NULL;
	return suitable(view, name_of_user(&view->names, uid));
}

static const char *group_text(struct view *view, const struct segment *segment, gid_t gid)
{
	if (view->numeric || !users_are_known(view, segment))
		return NULL;
	return suitable(view, name_of_group(&view->names, gid));
}

/* A user or group: its name, or if NULL, its number. */
static struct value identity(const char *name, uint32_t number)
{
	return (struct value){ name ? VALUE_TEXT : VALUE_NUMBER, number, name };
}

static struct value when(int64_t time)
{
	return (struct value){ time ? VALUE_TIME : VALUE_UNKNOWN, (uint64_t)time, NULL };
}

/* A name that other users chose; unknown if there is none. */
static struct value foreign_name(const char *name)
{
	return (struct value){ name && *name ? VALUE_COMMAND : VALUE_UNKNOWN, 0, name };
}

/* As foreign_name(), for a path, which may be longer than a name in quotes can be. */
static struct value foreign_path(const char *path)
{
	if (strlen(path) < UNIT_SIZE)
		return foreign_name(path);
	return (struct value){ strpbrk(path, " ,()\"") ? VALUE_UNKNOWN : VALUE_TEXT, 0, path };
}

static struct value command_of(struct view *view, const struct segment *segment, enum role role)
{
	const struct process *process = judge_named(view->judge, segment, role);

	return foreign_name(process ? process->command : NULL);
}

static struct value unit_of(struct view *view, const struct segment *segment, enum role role)
{
	const struct process *process = judge_named(view->judge, segment, role);

	if (process)
		process = process_origin(&view->judge->processes, process->pid);
	return foreign_name(process ? process->unit : NULL);
}

static struct value command_line_of(struct view *view, const struct segment *segment,
				    enum role role)
{
	const struct process *process = judge_named(view->judge, segment, role);

	if (process)
		process = process_origin(&view->judge->processes, process->pid);
	if (!process || !process->command_line)
		return (struct value){ VALUE_UNKNOWN, 0, NULL };
	return (struct value){ VALUE_TEXT, 0, process->command_line };
}

static struct value get_created_by(struct view *view, const struct segment *segment)
{
	const struct process *creator = process_find(&view->judge->processes, segment->cpid);

	if (creator->liveness == LIVENESS_RUNNING)
		creator = judge_named(view->judge, segment, ROLE_CREATOR);
	return (struct value){ segment->cpid ? VALUE_PROCESS : VALUE_UNKNOWN,
			       (uint64_t)segment->cpid, creator ? process_word(creator) : "" };
}

/* Caches the text of each segment, since sorting and printing need it many times. */
static struct value get_holders(struct view *view, const struct segment *segment)
{
	const struct attachments *attachments =
		view->holders ? holders_of(view->holders, segment) : NULL;
	uint32_t key;
	char *text;

	if (!attachments)
		return (struct value){ VALUE_UNKNOWN, 0, NULL };
	if (!segment->nattch)
		return (struct value){ VALUE_HOLDERS, 0, "\0" };
	key = (uint32_t)(attachments - view->holders->items);
	text = intmap_get(&view->holders_texts, key);
	if (!text) {
		text = holders_text(view, segment);
		if (text && intmap_add(&view->holders_texts, key, text)) {
			free(text);
			text = NULL;
		}
	}
	if (!text)
		return (struct value){ VALUE_UNKNOWN, 0, NULL };
	return (struct value){ VALUE_HOLDERS, attachments->count, text };
}

static struct value get_ns(struct view *view, const struct segment *segment)
{
	uint64_t ns = segment->ns ? segment->ns->inode : machine_of(view)->ns;

	return (struct value){ ns ? VALUE_NUMBER : VALUE_UNKNOWN, ns, NULL };
}

static struct value get_ns_pid(struct view *view, const struct segment *segment)
{
	pid_t pid = segment->ns ? segment->ns->pid : 0;

	(void)view;
	return (struct value){ pid ? VALUE_NUMBER : VALUE_UNKNOWN, (uint64_t)pid, NULL };
}

static struct value get_ns_name(struct view *view, const struct segment *segment)
{
	if (segment->ns)
		return foreign_name(segment->ns->name);
	return foreign_name(view->entered ? NULL : machine_of(view)->host);
}

static struct value get_ns_of(struct view *view, const struct segment *segment)
{
	const struct namespace *ns = segment->ns;

	(void)view;
	if (!ns)
		return (struct value){ VALUE_UNKNOWN, 0, NULL };
	if (!ns->pid)
		return foreign_path(ns->path);
	return (struct value){ VALUE_PROCESS, (uint64_t)ns->pid, ns->command };
}

#define IF_MEMORY_KNOWN (segment->memory_known ? VALUE_SIZE : VALUE_UNKNOWN)
#define IF_FLAGS_KNOWN  (segment->flags_unknown ? VALUE_UNKNOWN : VALUE_FLAG)

GETTER_BY(owner, identity(user_text(view, segment, segment->uid), segment->uid))
GETTER_BY(group, identity(group_text(view, segment, segment->gid), segment->gid))
GETTER_BY(creator, identity(user_text(view, segment, segment->cuid), segment->cuid))
GETTER_BY(creator_group, identity(group_text(view, segment, segment->cgid), segment->cgid))
GETTER_BY(ccomm, command_of(view, segment, ROLE_CREATOR))
GETTER_BY(ccmdline, command_line_of(view, segment, ROLE_CREATOR))
GETTER_BY(cunit, unit_of(view, segment, ROLE_CREATOR))
GETTER_BY(lcomm, command_of(view, segment, ROLE_LAST_USER))
GETTER_BY(lcmdline, command_line_of(view, segment, ROLE_LAST_USER))
GETTER_BY(lunit, unit_of(view, segment, ROLE_LAST_USER))
GETTER_BY(ns_comm, foreign_name(segment->ns ? segment->ns->command : NULL))
GETTER_BY(atime, when(segment->atime))
GETTER_BY(dtime, when(segment->dtime))
GETTER_BY(ctime, when(segment->ctime))

GETTER(id, VALUE_NUMBER, (uint64_t)segment->id, NULL)
GETTER(key, VALUE_KEY, (uint32_t)segment->key, NULL)
GETTER(uid, VALUE_NUMBER, segment->uid, NULL)
GETTER(gid, VALUE_NUMBER, segment->gid, NULL)
GETTER(cuid, VALUE_NUMBER, segment->cuid, NULL)
GETTER(cgid, VALUE_NUMBER, segment->cgid, NULL)
GETTER(mode, VALUE_MODE, segment->mode, NULL)
GETTER(perms, VALUE_PERMS, segment->mode, NULL)
GETTER(size, VALUE_SIZE, segment->size, NULL)
GETTER(rss, IF_MEMORY_KNOWN, segment->rss, NULL)
GETTER(swap, IF_MEMORY_KNOWN, segment->swap, NULL)
GETTER(nattch, VALUE_NUMBER, segment->nattch, NULL)
GETTER(state, VALUE_STATE, (uint64_t)segment->state, state_name(segment->state))
GETTER(locked, IF_FLAGS_KNOWN, segment->locked, NULL)
GETTER(dest, IF_FLAGS_KNOWN, segment->dest, NULL)
GETTER(cpid, VALUE_NUMBER, (uint64_t)segment->cpid, NULL)
GETTER(lpid, VALUE_NUMBER, (uint64_t)segment->lpid, NULL)
GETTER(idle, VALUE_DURATION, (uint64_t)segment_idle(view->judge, segment), NULL)
GETTER(host, *machine_of(view)->host ? VALUE_TEXT : VALUE_UNKNOWN, 0, view->machine.host)

const struct field fields[] = {
	{ "id", "ID", true, get_id, "identifier (shmid)", 0 },
	{ "key", "KEY", false, get_key, "key; 0x00000000: none (private, or marked for removal)",
	  0 },
	{ "owner", "OWNER", false, get_owner, "owner's user name", NEEDS_NAMES },
	{ "uid", "UID", true, get_uid, "owner's user ID", 0 },
	{ "group", "GROUP", false, get_group, "group name", NEEDS_NAMES },
	{ "gid", "GID", true, get_gid, "group ID", 0 },
	{ "creator", "CREATOR", false, get_creator, "creator's user name", NEEDS_NAMES },
	{ "cuid", "CUID", true, get_cuid, "creator's user ID", 0 },
	{ "creator-group", "CREATOR-GROUP", false, get_creator_group, "creator's group name",
	  NEEDS_NAMES },
	{ "cgid", "CGID", true, get_cgid, "creator's group ID", 0 },
	{ "mode", "MODE", false, get_mode, "permissions, octal", 0 },
	{ "perms", "PERMS", false, get_perms, "permissions, as rw-r-----", 0 },
	{ "size", "SIZE", true, get_size, "size in bytes", 0 },
	{ "rss", "RSS", true, get_rss, "bytes in memory", 0 },
	{ "swap", "SWAP", true, get_swap, "bytes in swap", 0 },
	{ "nattch", "NATTCH", true, get_nattch, "number of attachments", 0 },
	{ "state", "STATE", false, get_state, "dest, attached, kept, orphaned or detached", 0 },
	{ "locked", "LOCKED", false, get_locked, "locked in memory", 0 },
	{ "dest", "DEST", false, get_dest, "marked for removal (destroyed at the last detach)", 0 },
	{ "cpid", "CPID", true, get_cpid, "creator's process ID", 0 },
	{ "ccomm", "CCOMM", false, get_ccomm, "creator's command, while running", NEEDS_CREATORS },
	{ "ccmdline", "CCMDLINE", false, get_ccmdline, "creator's command line, while running",
	  NEEDS_CREATORS | NEEDS_ORIGINS },
	{ "cunit", "CUNIT", false, get_cunit, "creator's service, container or job, while running",
	  NEEDS_CREATORS | NEEDS_ORIGINS },
	{ "lpid", "LPID", true, get_lpid, "last user: process that attached or detached last", 0 },
	{ "lcomm", "LCOMM", false, get_lcomm, "last user's command, while running",
	  NEEDS_LAST_USERS },
	{ "lcmdline", "LCMDLINE", false, get_lcmdline, "last user's command line, while running",
	  NEEDS_LAST_USERS | NEEDS_ORIGINS },
	{ "lunit", "LUNIT", false, get_lunit,
	  "last user's service, container or job, while running",
	  NEEDS_LAST_USERS | NEEDS_ORIGINS },
	{ "created-by", "CREATED-BY", false, get_created_by,
	  "creator's process ID and command, or \"exited\"", NEEDS_CREATORS },
	{ "atime", "ATTACHED", false, get_atime, "time of the last attach", 0 },
	{ "dtime", "DETACHED", false, get_dtime, "time of the last detach", 0 },
	{ "ctime", "CHANGED", false, get_ctime, "time of creation or last change", 0 },
	{ "idle", "IDLE", true, get_idle, "time since the last attach, detach or change", 0 },
	{ "holders", "HOLDERS", false, get_holders, "processes that have it attached",
	  NEEDS_HOLDERS | NEEDS_NAMES },
	{ "ns", "NS", true, get_ns, "inode of its IPC namespace", 0 },
	{ "ns-name", "NS-NAME", false, get_ns_name, "host name or unit of its IPC namespace",
	  NEEDS_NAMES },
	{ "ns-pid", "NS-PID", true, get_ns_pid, "with -A: a process (or thread) in the namespace",
	  0 },
	{ "ns-comm", "NS-COMM", false, get_ns_comm, "with -A: its command", 0 },
	{ "ns-of", "NS-OF", false, get_ns_of, "with -A: its pid and command, or its mount point",
	  0 },
	{ "host", "HOST", false, get_host, "name of the machine", 0 },
};

const size_t field_count = sizeof(fields) / sizeof(fields[0]);

const struct field *find_field(const char *name, size_t length)
{
	for (size_t i = 0; i < field_count; i++) {
		if (strlen(fields[i].name) == length && memcmp(fields[i].name, name, length) == 0)
			return &fields[i];
	}
	return NULL;
}

const char *no_such_field(const char *name, size_t length)
{
	static char text[80];
	const int most = 32; /* longer than any name */

	snprintf(text, sizeof(text), "no such field \"%.*s\" (see shmtool ls -H)",
		 length < (size_t)most ? (int)length : most, name);
	return text;
}

static const char *add_field(const struct field *field, struct field_list *list)
{
	if (list->count == FIELDS_MAX)
		return "too many fields";
	if (ARRAY_MAKE_ROOM(list))
		return out_of_memory;
	list->items[list->count++] = field;
	return NULL;
}

const char *add_fields(const char *word, struct field_list *list)
{
	const char *wrong = NULL;
	const char *item;
	size_t length;

	while (!wrong && next_in_list(&word, &item, &length)) {
		const struct field *field = find_field(item, length);

		wrong = field ? add_field(field, list) : no_such_field(item, length);
	}
	return wrong;
}

const char *append_fields(const struct field_list *others, struct field_list *list)
{
	const char *wrong = NULL;

	for (size_t i = 0; i < others->count && !wrong; i++)
		wrong = add_field(others->items[i], list);
	return wrong;
}

const char *parse_fields(const char *word, struct field_list *list)
{
	field_list_free(list);
	return add_fields(word, list);
}

unsigned int fields_need(const struct field_list *list)
{
	unsigned int needs = 0;

	for (size_t i = 0; i < list->count; i++)
		needs |= list->items[i]->needs;
	return needs;
}

void field_list_drop_repeats(struct field_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		size_t at = 0;

		while (at < kept && list->items[at] != list->items[i])
			at++;
		if (at == kept)
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

void field_list_free(struct field_list *list)
{
	free(list->items);
	*list = (struct field_list){ 0 };
}

void print_field_help(struct output *output)
{
	for (size_t i = 0; i < field_count; i++)
		output_format(output, "%-13s  %s\n", fields[i].name, fields[i].help);
}
