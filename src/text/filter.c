/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/filter.h"

#include <stdlib.h>

#include "shm/segment/judge.h"
#include "shm/system/array.h"
#include "text/error.h"
#include "text/keepfile.h"
#include "text/options.h"
#include "text/parse.h"
#include "text/state_names.h"

enum {
	CODE_ORPHANED = OPTION_CODES_FILTER,
	CODE_LIKELY,
	CODE_STATE,
	CODE_DETACHED,
	CODE_ATTACHED,
	CODE_DEST,
	CODE_OWNER,
	CODE_CREATOR,
	CODE_KEY,
	CODE_PID,
	CODE_IDLE,
	CODE_MIN_SIZE,
	CODE_MAX_SIZE,
	CODE_ALL,
	/* modifiers */
	CODE_GRACE,
	CODE_EXCEPT,
	CODE_KEEP,
	CODE_KEEP_FILE,
	CODE_IGNORE_KEEP,
	CODE_EVEN_ATTACHED,
	CODE_ALL_NAMESPACES,
	CODE_EXCEPT_NAMESPACE,
};

/* The bit of a kind in filter->kinds. */
#define KIND(code) (1U << ((code)-OPTION_CODES_FILTER))

const struct poptOption filter_options[] = {
	OPTION_FLAG("orphaned", '\0', CODE_ORPHANED,
		    "no recorded process lives, idle for the grace"),
	OPTION_FLAG("likely", '\0', CODE_LIKELY, "orphaned, or would be but for reused pids"),
	OPTION_VALUE("state", '\0', CODE_STATE, "dest, attached, kept, orphaned or detached",
		     "S,..."),
	OPTION_FLAG("detached", '\0', CODE_DETACHED, "nobody has it attached (nattch 0)"),
	OPTION_FLAG("attached", '\0', CODE_ATTACHED, "somebody has it attached"),
	OPTION_FLAG("dest", '\0', CODE_DEST, "marked for removal"),
	OPTION_VALUE("owner", '\0', CODE_OWNER, "owned by this user", "USER"),
	OPTION_VALUE("creator", '\0', CODE_CREATOR, "made by this user", "USER"),
	OPTION_VALUE("key", '\0', CODE_KEY, "with this key", "K"),
	OPTION_VALUE("pid", '\0', CODE_PID, "created, last used or held by this process", "PID"),
	OPTION_VALUE("idle", '\0', CODE_IDLE, "idle for so long at least", "TIME"),
	OPTION_VALUE("min-size", '\0', CODE_MIN_SIZE, "of this size at least", "SIZE"),
	OPTION_VALUE("max-size", '\0', CODE_MAX_SIZE, "of this size at most", "SIZE"),
	OPTION_FLAG("all", '\0', CODE_ALL, "every segment; goes with no other filter"),
	/* modifiers */
	OPTION_VALUE("grace", '\0', CODE_GRACE, "idle time before orphaned (60s)", "TIME"),
	OPTION_VALUE("except", '\0', CODE_EXCEPT, "leave this one out", "SEGMENT"),
	OPTION_VALUE("keep", '\0', CODE_KEEP, "keep this as well: an entry of a keep list",
		     "ENTRY"),
	OPTION_VALUE("keep-file", '\0', CODE_KEEP_FILE,
		     "keep list to use instead of the default ones", "FILE"),
	OPTION_FLAG("ignore-keep", '\0', CODE_IGNORE_KEEP, "as if there were no keep list"),
	OPTION_FLAG("even-attached", '\0', CODE_EVEN_ATTACHED,
		    "for rm: mark also what is attached"),
	OPTION_FLAG("all-namespaces", 'A', CODE_ALL_NAMESPACES,
		    "ls, rm: everywhere, less --except-namespace=PID"),
	OPTION_HIDDEN_VALUE("except-namespace", CODE_EXCEPT_NAMESPACE),
	OPTION_END,
};

void filter_note_path(struct filter *filter, const char *word, int error)
{
	filter->file_error = error;
	filter->file_error_word = word;
}

void filter_begin(struct filter *filter)
{
	*filter = (struct filter){ .grace = GRACE_DEFAULT };
}

static const char *add_number(struct number_list *list, uint64_t number)
{
	if (ARRAY_MAKE_ROOM(list))
		return out_of_memory;
	list->items[list->count++] = number;
	return NULL;
}

static bool has_number(const struct number_list *list, uint64_t number)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i] == number)
			return true;
	}
	return false;
}

static const char *add_user(struct number_list *list, const char *value)
{
	uid_t uid;
	const char *wrong = parse_user(value, &uid);

	return wrong ? wrong : add_number(list, uid);
}

static const char *add_key(struct filter *filter, const char *value)
{
	key_t key;
	int file_error;
	const char *wrong = parse_key_or_file(value, &key, &file_error);

	if (wrong)
		return wrong;
	if (file_error) {
		filter_note_path(filter, value, file_error);
		return NULL;
	}
	return add_number(&filter->keys, (uint32_t)key);
}

static const char *add_keep(struct filter *filter, const char *value)
{
	int file_error;
	const char *wrong = keepfile_entry(&filter->keep, value, &file_error);

	filter->keep_given = true;
	if (!wrong && file_error)
		filter_note_path(filter, value, file_error);
	return wrong;
}

static const char *add_except(struct filter *filter, const char *value)
{
	struct segment_refs *except = &filter->except;
	struct segment_ref ref;
	int file_error;
	const char *wrong = parse_segment(value, &ref, &file_error);

	if (wrong)
		return wrong;
	if (file_error) {
		filter_note_path(filter, value, file_error);
		return NULL;
	}
	if (ARRAY_MAKE_ROOM(except))
		return out_of_memory;
	except->items[except->count++] = ref;
	return NULL;
}

static const char *add_name(struct word_list *names, const char *value)
{
	if (ARRAY_MAKE_ROOM(names))
		return out_of_memory;
	names->items[names->count++] = value;
	return *value ? NULL : "an empty name";
}

/* A process or a file: whether it is there is seen when all else is right. */
static const char *add_except_namespace(struct filter *filter, const char *value)
{
	pid_t pid;
	const char *wrong = parse_namespace(value, &pid);

	return wrong ? wrong : add_name(&filter->except_namespaces, value);
}

/* Given twice, the wider of two bounds is what matches either. */
static const char *widen(const struct filter *filter, int code, const char *value, uint64_t *bound)
{
	uint64_t size;
	const char *wrong = parse_size(value, &size);
	bool first = !(filter->kinds & KIND(code));

	if (!wrong && (first || (code == CODE_MIN_SIZE ? size < *bound : size > *bound)))
		*bound = size;
	return wrong;
}

static const char *set_idle(struct filter *filter, const char *value)
{
	int64_t idle;
	const char *wrong = parse_duration(value, &idle);

	if (!wrong && (!(filter->kinds & KIND(CODE_IDLE)) || idle < filter->idle))
		filter->idle = idle;
	return wrong;
}

static const char *add_pid(struct filter *filter, const char *value)
{
	pid_t pid;
	const char *wrong = parse_pid(value, &pid);

	return wrong ? wrong : add_number(&filter->pids, (uint64_t)pid);
}

static const char *take_option(struct filter *filter, int code, const char *value)
{
	switch (code) {
	case CODE_STATE:
		return parse_states(value, &filter->states);
	case CODE_OWNER:
		return add_user(&filter->owners, value);
	case CODE_CREATOR:
		return add_user(&filter->creators, value);
	case CODE_KEY:
		return add_key(filter, value);
	case CODE_PID:
		return add_pid(filter, value);
	case CODE_IDLE:
		return set_idle(filter, value);
	case CODE_MIN_SIZE:
		return widen(filter, code, value, &filter->min_size);
	case CODE_MAX_SIZE:
		return widen(filter, code, value, &filter->max_size);
	case CODE_GRACE:
		return parse_duration(value, &filter->grace);
	case CODE_EXCEPT:
		return add_except(filter, value);
	case CODE_KEEP:
		return add_keep(filter, value);
	case CODE_KEEP_FILE:
		return add_name(&filter->keep_files, value);
	case CODE_IGNORE_KEEP:
		filter->ignore_keep = true;
		return NULL;
	case CODE_EVEN_ATTACHED:
		filter->even_attached = true;
		return NULL;
	case CODE_ALL_NAMESPACES:
		filter->all_namespaces = true;
		return NULL;
	case CODE_EXCEPT_NAMESPACE:
		return add_except_namespace(filter, value);
	default:
		return NULL;
	}
}

const char *filter_option(struct filter *filter, int code, const char *value)
{
	const char *wrong = take_option(filter, code, value);

	if (!wrong && code < CODE_GRACE)
		filter->kinds |= KIND(code);
	return wrong;
}

const char *filter_check(const struct filter *filter)
{
	if ((filter->kinds & KIND(CODE_ALL)) && filter->kinds != KIND(CODE_ALL))
		return "--all goes with no other filter";
	if (filter->except_namespaces.count && !filter->all_namespaces)
		return "--except-namespace goes with --all-namespaces (-A)";
	return NULL;
}

bool filter_given(const struct filter *filter)
{
	return filter->kinds != 0;
}

bool filter_shows_orphaned(const struct filter *filter)
{
	return !(filter->kinds & ~KIND(CODE_ORPHANED)) && filter->grace == GRACE_DEFAULT &&
	       !filter->except.count && !filter->keep_given && !filter->keep_files.count &&
	       !filter->ignore_keep && !filter->except_namespaces.count;
}

bool filter_names_users(const struct filter *filter)
{
	return filter->owners.count || filter->creators.count;
}

bool filter_wants_likely(const struct filter *filter)
{
	return filter->kinds & KIND(CODE_LIKELY);
}

bool filter_wants_holders(const struct filter *filter)
{
	return filter->kinds & KIND(CODE_PID);
}

/* Whether one of the processes of --pid created, last used or holds the segment. */
static bool has_process(const struct number_list *pids, const struct segment *segment,
			struct holders *holders)
{
	if ((segment->cpid && has_number(pids, (uint64_t)segment->cpid)) ||
	    (segment->lpid && has_number(pids, (uint64_t)segment->lpid)))
		return true;
	for (size_t i = 0; holders && i < pids->count; i++) {
		if (holders_have(holders, segment, (pid_t)pids->items[i]))
			return true;
	}
	return false;
}

static bool kind_holds(const struct filter *filter, int code, const struct segment *segment,
		       int64_t idle, struct holders *holders)
{
	switch (code) {
	case CODE_ORPHANED:
		return segment->state == STATE_ORPHANED;
	case CODE_LIKELY:
		return segment->state == STATE_ORPHANED || segment->likely;
	case CODE_STATE:
		return filter->states & (1U << segment->state);
	case CODE_DETACHED:
		return segment->nattch == 0;
	case CODE_ATTACHED:
		return segment->nattch > 0;
	case CODE_DEST:
		return segment->dest;
	case CODE_OWNER:
		return has_number(&filter->owners, segment->uid);
	case CODE_CREATOR:
		return has_number(&filter->creators, segment->cuid);
	case CODE_KEY:
		return has_number(&filter->keys, (uint32_t)segment->key);
	case CODE_PID:
		return has_process(&filter->pids, segment, holders);
	case CODE_IDLE:
		return idle * 1000 >= filter->idle;
	case CODE_MIN_SIZE:
		return segment->size >= filter->min_size;
	case CODE_MAX_SIZE:
		return segment->size <= filter->max_size;
	default: /* CODE_ALL */
		return true;
	}
}

bool filter_matches(const struct filter *filter, const struct segment *segment, int64_t idle,
		    struct holders *holders)
{
	for (int code = CODE_ORPHANED; code <= CODE_ALL; code++) {
		if ((filter->kinds & KIND(code)) &&
		    !kind_holds(filter, code, segment, idle, holders))
			return false;
	}
	return !filter_excepts(filter, segment);
}

bool segment_is_named(const struct segment_ref *ref, const struct segment *segment)
{
	return ref->kind == REF_ID ? segment->id == ref->id : segment->key == ref->key;
}

bool filter_excepts(const struct filter *filter, const struct segment *segment)
{
	for (size_t i = 0; i < filter->except.count; i++) {
		if (segment_is_named(&filter->except.items[i], segment))
			return true;
	}
	return false;
}

void filter_free(struct filter *filter)
{
	free(filter->owners.items);
	free(filter->creators.items);
	free(filter->keys.items);
	free(filter->pids.items);
	free(filter->except.items);
	keep_free(&filter->keep);
	free(filter->keep_files.items);
	free(filter->except_namespaces.items);
}
