/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/filter_options.h"

#include <string.h>

#include "shm/system/array.h"
#include "text/error.h"
#include "text/keepfile.h"
#include "text/parse.h"
#include "text/parse_segment.h"
#include "text/state_names.h"

/* The codes of filters follow the order of their kinds; those of modifiers come after them. */
#define CODE(kind) (OPTION_CODES_FILTER + (kind))

enum {
	CODE_GRACE = CODE(FILTER_KINDS),
	CODE_EXCEPT,
	CODE_EXCEPT_OWNER,
	CODE_EXCEPT_CREATOR,
	CODE_EXCEPT_KEY,
	CODE_KEEP,
	CODE_KEEP_FILE,
	CODE_IGNORE_KEEP,
	CODE_EVEN_ATTACHED,
	CODE_ALL_NAMESPACES,
	CODE_EXCEPT_NAMESPACE,
};

static const struct poptOption filters_by_state[] = {
	OPTION_FLAG("orphaned", '\0', CODE(FILTER_ORPHANED),
		    "creator and last user have exited; idle for the grace period"),
	OPTION_FLAG("likely", '\0', CODE(FILTER_LIKELY), "orphaned, even if a pid has been reused"),
	OPTION_VALUE("state", '\0', CODE(FILTER_STATE),
		     "in one of the states dest, attached, kept, orphaned, detached", "STATE,..."),
	OPTION_FLAG("detached", '\0', CODE(FILTER_DETACHED), "not attached by any process"),
	OPTION_FLAG("attached", '\0', CODE(FILTER_ATTACHED), "attached by at least one process"),
	OPTION_FLAG("dest", '\0', CODE(FILTER_DEST), "marked for removal"),
	OPTION_FLAG("locked", '\0', CODE(FILTER_LOCKED), "locked in memory"),
	OPTION_VALUE("owner", '\0', CODE(FILTER_OWNER), "owned by USER", "USER"),
	OPTION_VALUE("creator", '\0', CODE(FILTER_CREATOR), "created by USER", "USER"),
	OPTION_END,
};

static const struct poptOption filters_by_group_and_mode[] = {
	OPTION_VALUE("group", '\0', CODE(FILTER_GROUP), "owned by GROUP", "GROUP"),
	OPTION_VALUE("mode", '\0', CODE(FILTER_MODE),
		     "with permissions 0640; -0006: all of these bits; /0022: any of them", "MODE"),
	OPTION_END,
};

static const struct poptOption filters_by_rest[] = {
	OPTION_VALUE("key", '\0', CODE(FILTER_KEY), "with this key, a range KEY-KEY, or private",
		     "KEY"),
	OPTION_VALUE("pid", '\0', CODE(FILTER_PID), "created, last used or attached by process PID",
		     "PID"),
	OPTION_VALUE("command", '\0', CODE(FILTER_COMMAND),
		     "created, last used or attached by a running process with this command",
		     "NAME"),
	OPTION_VALUE("unit", '\0', CODE(FILTER_UNIT),
		     "the same for a process of this service, container or job", "NAME"),
	OPTION_VALUE("idle", '\0', CODE(FILTER_IDLE), "idle for at least TIME", "TIME"),
	OPTION_VALUE("max-idle", '\0', CODE(FILTER_MAX_IDLE), "idle for at most TIME", "TIME"),
	OPTION_VALUE("min-size", '\0', CODE(FILTER_MIN_SIZE), "of at least SIZE bytes", "SIZE"),
	OPTION_VALUE("max-size", '\0', CODE(FILTER_MAX_SIZE), "of at most SIZE bytes", "SIZE"),
	OPTION_VALUE("min-rss", '\0', CODE(FILTER_MIN_RSS), "with at least SIZE bytes in memory",
		     "SIZE"),
	OPTION_FLAG("all", '\0', CODE(FILTER_ALL),
		    "all segments (cannot be combined with a filter)"),
	OPTION_END,
};

const struct poptOption filter_options[] = {
	OPTION_TABLE(filters_by_state, NULL),
	OPTION_TABLE(filters_by_group_and_mode, NULL),
	OPTION_TABLE(filters_by_rest, NULL),
	OPTION_END,
};

const struct poptOption filter_options_of_set[] = {
	OPTION_TABLE(filters_by_state, NULL),
	OPTION_TABLE(filters_by_rest, NULL),
	OPTION_END,
};

/* The modifiers that have an effect in all verbs */
static const struct poptOption common_modifiers[] = {
	OPTION_VALUE("grace", '\0', CODE_GRACE, "idle time before a segment is orphaned (60s)",
		     "TIME"),
	OPTION_VALUE("except", '\0', CODE_EXCEPT, "exclude SEGMENT", "SEGMENT"),
	OPTION_VALUE("except-owner", '\0', CODE_EXCEPT_OWNER, "exclude what USER owns", "USER"),
	OPTION_VALUE("except-creator", '\0', CODE_EXCEPT_CREATOR, "exclude what USER created",
		     "USER"),
	OPTION_VALUE("except-key", '\0', CODE_EXCEPT_KEY, "exclude what --key=KEY would match",
		     "KEY"),
	OPTION_VALUE("keep", '\0', CODE_KEEP, "also keep what ENTRY names, as in a keep list",
		     "ENTRY"),
	OPTION_VALUE("keep-file", '\0', CODE_KEEP_FILE,
		     "use this keep list instead of the default ones", "FILE"),
	OPTION_FLAG("ignore-keep", '\0', CODE_IGNORE_KEEP, "ignore the keep lists"),
	OPTION_END,
};

static const struct poptOption namespace_modifiers[] = {
	OPTION_FLAG("all-namespaces", 'A', CODE_ALL_NAMESPACES, "act in every IPC namespace"),
	OPTION_VALUE("except-namespace", '\0', CODE_EXCEPT_NAMESPACE,
		     "with -A: exclude the namespace of PID or PATH, or number NS", "NS"),
	OPTION_END,
};

const struct poptOption modifier_options[] = {
	OPTION_TABLE(common_modifiers, NULL),
	OPTION_HIDDEN_FLAG("even-attached", '\0', CODE_EVEN_ATTACHED),
	OPTION_HIDDEN_FLAG("all-namespaces", 'A', CODE_ALL_NAMESPACES),
	OPTION_HIDDEN_VALUE("except-namespace", CODE_EXCEPT_NAMESPACE),
	OPTION_END,
};

const struct poptOption modifier_options_of_ls[] = {
	OPTION_TABLE(common_modifiers, NULL),
	OPTION_HIDDEN_FLAG("even-attached", '\0', CODE_EVEN_ATTACHED),
	OPTION_TABLE(namespace_modifiers, NULL),
	OPTION_END,
};

const struct poptOption modifier_options_of_rm[] = {
	OPTION_TABLE(common_modifiers, NULL),
	OPTION_FLAG("even-attached", '\0', CODE_EVEN_ATTACHED,
		    "also mark attached segments for removal"),
	OPTION_TABLE(namespace_modifiers, NULL),
	OPTION_END,
};

void filter_note_path(struct filter *filter, const char *word, int error)
{
	filter->file_error = error;
	filter->file_error_word = word;
}

static const char *add_number(struct number_list *list, uint64_t number)
{
	if (ARRAY_MAKE_ROOM(list))
		return out_of_memory;
	list->items[list->count++] = number;
	return NULL;
}

static const char *add_user(struct number_list *list, const char *value)
{
	uid_t uid;
	const char *wrong = parse_user(value, &uid);

	return wrong ? wrong : add_number(list, uid);
}

static const char *add_group(struct number_list *list, const char *value)
{
	gid_t gid;
	const char *wrong = parse_group(value, &gid);

	return wrong ? wrong : add_number(list, gid);
}

static const char *add_pid(struct number_list *list, const char *value)
{
	pid_t pid;
	const char *wrong = parse_pid(value, &pid);

	return wrong ? wrong : add_number(list, (uint64_t)pid);
}

/* KEY, KEY-KEY or private */
static const char *add_keys(struct filter *filter, struct key_ranges *ranges, const char *value)
{
	key_t first = 0;
	key_t last = 0;
	int file_error = 0;
	const char *wrong = strcmp(value, "private") == 0
				    ? NULL
				    : parse_key_range(value, &first, &last, &file_error);

	if (wrong == key_is_private)
		return "key 0 (IPC_PRIVATE) is that of every private segment; use \"private\"";
	if (wrong)
		return wrong;
	if (file_error) {
		filter_note_path(filter, value, file_error);
		return NULL;
	}
	if (ARRAY_MAKE_ROOM(ranges))
		return out_of_memory;
	ranges->items[ranges->count++] = (struct key_range){ (uint32_t)first, (uint32_t)last };
	return NULL;
}

/* MODE, -MODE or /MODE, as for -perm of find(1) */
static const char *add_mode(struct mode_tests *tests, const char *value)
{
	struct mode_test test = { .how = *value == '-'   ? MODE_HAS_ALL
					 : *value == '/' ? MODE_HAS_ANY
							 : MODE_IS };
	const char *wrong = parse_mode(value + (test.how != MODE_IS), &test.bits)
				    ? "not an octal mode up to 0777 (0600: this mode; -0006: all "
				      "of these bits; /0022: any of them)"
				    : NULL;

	if (wrong)
		return wrong;
	if (ARRAY_MAKE_ROOM(tests))
		return out_of_memory;
	tests->items[tests->count++] = test;
	return NULL;
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
	return *value ? NULL : "empty name";
}

/* What the kernel keeps of a command (TASK_COMM_LEN); a longer name would match nothing. */
enum { COMMAND_LENGTH_MAX = 15 };

static const char *add_command(struct word_list *commands, const char *value)
{
	if (strlen(value) > COMMAND_LENGTH_MAX)
		return "too long (the kernel keeps only the first 15 bytes of a command)";
	return add_name(commands, value);
}

/* Notes PID, PATH or NS. Whether that exists is checked after all options are parsed. */
static const char *add_except_namespace(struct filter *filter, const char *value)
{
	pid_t pid;
	ino_t inode;
	const char *wrong = parse_namespace(value, &pid, &inode);

	return wrong ? wrong : add_name(&filter->except_namespaces, value);
}

/* Whether a bound is wider than the one before: of two bounds, either may match. */
static bool is_wider(const struct filter *filter, enum filter_kind kind, uint64_t bound,
		     uint64_t before)
{
	bool at_most = kind == FILTER_MAX_SIZE || kind == FILTER_MAX_IDLE;

	return !(filter->kinds & 1U << kind) || (at_most ? bound > before : bound < before);
}

static const char *set_size(const struct filter *filter, enum filter_kind kind, const char *value,
			    uint64_t *bound)
{
	uint64_t size;
	const char *wrong = parse_size(value, &size);

	if (!wrong && is_wider(filter, kind, size, *bound))
		*bound = size;
	return wrong;
}

static const char *set_time(const struct filter *filter, enum filter_kind kind, const char *value,
			    int64_t *bound)
{
	int64_t time;
	const char *wrong = parse_duration(value, &time);

	if (!wrong && is_wider(filter, kind, (uint64_t)time, (uint64_t)*bound))
		*bound = time;
	return wrong;
}

static const char *take_filter(struct filter *filter, enum filter_kind kind, const char *value)
{
	switch (kind) {
	case FILTER_STATE:
		return parse_states(value, &filter->states);
	case FILTER_OWNER:
		return add_user(&filter->owners, value);
	case FILTER_GROUP:
		return add_group(&filter->groups, value);
	case FILTER_CREATOR:
		return add_user(&filter->creators, value);
	case FILTER_MODE:
		return add_mode(&filter->modes, value);
	case FILTER_KEY:
		return add_keys(filter, &filter->keys, value);
	case FILTER_PID:
		return add_pid(&filter->pids, value);
	case FILTER_COMMAND:
		return add_command(&filter->commands, value);
	case FILTER_UNIT:
		return add_name(&filter->units, value);
	case FILTER_IDLE:
		return set_time(filter, kind, value, &filter->idle);
	case FILTER_MAX_IDLE:
		return set_time(filter, kind, value, &filter->max_idle);
	case FILTER_MIN_SIZE:
		return set_size(filter, kind, value, &filter->min_size);
	case FILTER_MAX_SIZE:
		return set_size(filter, kind, value, &filter->max_size);
	case FILTER_MIN_RSS:
		return set_size(filter, kind, value, &filter->min_rss);
	default: /* a flag */
		return NULL;
	}
}

static const char *take_modifier(struct filter *filter, int code, const char *value)
{
	switch (code) {
	case CODE_GRACE:
		filter->grace_given = true;
		return parse_duration(value, &filter->grace);
	case CODE_EXCEPT:
		return add_except(filter, value);
	case CODE_EXCEPT_OWNER:
		return add_user(&filter->except_owners, value);
	case CODE_EXCEPT_CREATOR:
		return add_user(&filter->except_creators, value);
	case CODE_EXCEPT_KEY:
		return add_keys(filter, &filter->except_keys, value);
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
	default: /* CODE_EXCEPT_NAMESPACE */
		return add_except_namespace(filter, value);
	}
}

const char *filter_option(struct filter *filter, int code, const char *value)
{
	enum filter_kind kind = (enum filter_kind)(code - OPTION_CODES_FILTER);
	const char *wrong;

	if (code >= CODE_GRACE) {
		filter->modified |= code < CODE_EVEN_ATTACHED;
		return take_modifier(filter, code, value);
	}
	wrong = take_filter(filter, kind, value);
	filter->kinds |= 1U << kind;
	return wrong;
}

const char *filter_check(const struct filter *filter)
{
	if (filter->kinds & 1U << FILTER_ALL && filter->kinds != 1U << FILTER_ALL)
		return "--all cannot be combined with other filters";
	if (filter->except_namespaces.count && !filter->all_namespaces)
		return "--except-namespace requires --all-namespaces (-A)";
	return NULL;
}
