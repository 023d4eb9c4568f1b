/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/filter.h"

#include <stdlib.h>
#include <string.h>

#include "shm/segment/control.h"
#include "text/field.h"

static bool has_kind(const struct filter *filter, enum filter_kind kind)
{
	return filter->kinds & 1U << kind;
}

bool filter_given(const struct filter *filter)
{
	return filter->kinds != 0;
}

bool filter_shows_orphaned(const struct filter *filter)
{
	return !(filter->kinds & ~(1U << FILTER_ORPHANED)) && !filter->modified &&
	       !filter->except_namespaces.count;
}

bool filter_judges(const struct filter *filter)
{
	return has_kind(filter, FILTER_ORPHANED) || has_kind(filter, FILTER_LIKELY) ||
	       has_kind(filter, FILTER_STATE);
}

bool filter_names_users(const struct filter *filter)
{
	return filter->owners.count || filter->groups.count || filter->creators.count ||
	       filter->except_owners.count || filter->except_creators.count;
}

bool filter_needs_likely(const struct filter *filter)
{
	return has_kind(filter, FILTER_LIKELY);
}

unsigned int filter_needs(const struct filter *filter)
{
	unsigned int needs = 0;

	if (has_kind(filter, FILTER_PID))
		needs |= NEEDS_HOLDERS;
	if (has_kind(filter, FILTER_COMMAND) || has_kind(filter, FILTER_UNIT))
		needs |= NEEDS_HOLDERS | NEEDS_CREATORS | NEEDS_LAST_USERS;
	if (has_kind(filter, FILTER_UNIT))
		needs |= NEEDS_ORIGINS;
	return needs;
}

bool filter_needs_memory(const struct filter *filter)
{
	return has_kind(filter, FILTER_MIN_RSS);
}

static bool has_number(const struct number_list *list, uint64_t number)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i] == number)
			return true;
	}
	return false;
}

static bool has_key(const struct key_ranges *ranges, key_t key)
{
	for (size_t i = 0; i < ranges->count; i++) {
		if ((uint32_t)key >= ranges->items[i].first &&
		    (uint32_t)key <= ranges->items[i].last)
			return true;
	}
	return false;
}

static bool has_mode(const struct mode_tests *tests, unsigned short mode)
{
	for (size_t i = 0; i < tests->count; i++) {
		unsigned short bits = tests->items[i].bits;

		switch (tests->items[i].how) {
		case MODE_IS:
			if (mode == bits)
				return true;
			break;
		case MODE_HAS_ALL:
			if ((mode & bits) == bits)
				return true;
			break;
		case MODE_HAS_ANY:
			if (!bits || mode & bits) /* "/0" matches every mode, as in find(1) */
				return true;
			break;
		}
	}
	return false;
}

/* Whether one of these processes created, last used or has attached the segment. */
static bool has_process(const struct number_list *pids, const struct segment *segment,
			struct judge *judge, struct holders *holders)
{
	for (enum role role = ROLE_CREATOR; role <= ROLE_LAST_USER; role++) {
		const pid_t pid = segment_pid(segment, role);

		/* a running process may only have the same number */
		if (pid && has_number(pids, (uint64_t)pid) &&
		    (judge->saved ||
		     process_find(&judge->processes, pid)->liveness != LIVENESS_RUNNING ||
		     judge_named(judge, segment, role)))
			return true;
	}
	for (size_t i = 0; holders && i < pids->count; i++) {
		if (holders_have(holders, segment, (pid_t)pids->items[i]))
			return true;
	}
	return false;
}

/* Whether this is one of the names. */
typedef bool matches_name(const struct word_list *names, const char *name);

static bool has_command(const struct word_list *names, const char *command)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->items[i], command) == 0)
			return true;
	}
	return false;
}

/* "docker/0123456789ab", or what stands before a slash in it */
static bool has_unit(const struct word_list *names, const char *unit)
{
	for (size_t i = 0; i < names->count; i++) {
		size_t length = strlen(names->items[i]);

		if (strncmp(unit, names->items[i], length) == 0 &&
		    (unit[length] == '\0' || unit[length] == '/'))
			return true;
	}
	return false;
}

/* Whether this is so of the creator, the last user or a holder, while they run. */
static bool has_named(const struct word_list *names, bool by_unit, const struct segment *segment,
		      struct judge *judge, struct holders *holders)
{
	struct processes *processes = &judge->processes;
	const struct attachments *attachments = holders ? holders_of(holders, segment) : NULL;
	matches_name *matches = by_unit ? has_unit : has_command;
	const char *name;

	for (enum role role = ROLE_CREATOR; role <= ROLE_LAST_USER; role++) {
		const struct process *process = judge_named(judge, segment, role);

		if (!process)
			continue;
		name = by_unit ? process_origin(processes, process->pid)->unit : process->command;
		if (name && matches(names, name))
			return true;
	}
	for (size_t i = 0; attachments && i < attachments->count; i++) {
		const struct holder *holder = attachments->items[i];

		name = by_unit ? holder_origin(processes, holder)->unit : holder->command;
		if (name && matches(names, name))
			return true;
	}
	return false;
}

static bool matches_kind(const struct filter *filter, enum filter_kind kind,
			 const struct segment *segment, struct judge *judge,
			 struct holders *holders)
{
	switch (kind) {
	case FILTER_ORPHANED:
		return segment->state == STATE_ORPHANED;
	case FILTER_LIKELY:
		return segment->state == STATE_ORPHANED || segment->likely;
	case FILTER_STATE:
		return filter->states & (1U << segment->state);
	case FILTER_DETACHED:
		return segment->nattch == 0;
	case FILTER_ATTACHED:
		return segment->nattch > 0;
	case FILTER_DEST:
		return segment->dest && !segment->flags_unknown;
	case FILTER_LOCKED:
		return segment->locked && !segment->flags_unknown;
	case FILTER_OWNER:
		return has_number(&filter->owners, segment->uid);
	case FILTER_GROUP:
		return has_number(&filter->groups, segment->gid);
	case FILTER_CREATOR:
		return has_number(&filter->creators, segment->cuid);
	case FILTER_MODE:
		return has_mode(&filter->modes, segment->mode);
	case FILTER_KEY:
		return has_key(&filter->keys, segment->key);
	case FILTER_PID:
		return has_process(&filter->pids, segment, judge, holders);
	case FILTER_COMMAND:
		return has_named(&filter->commands, false, segment, judge, holders);
	case FILTER_UNIT:
		return has_named(&filter->units, true, segment, judge, holders);
	case FILTER_IDLE:
		return segment_idle(judge, segment) * 1000 >= filter->idle;
	case FILTER_MAX_IDLE:
		return segment_idle(judge, segment) * 1000 <= filter->max_idle;
	case FILTER_MIN_SIZE:
		return segment->size >= filter->min_size;
	case FILTER_MAX_SIZE:
		return segment->size <= filter->max_size;
	case FILTER_MIN_RSS:
		return segment->memory_known && segment->rss >= filter->min_rss;
	default: /* FILTER_ALL */
		return true;
	}
}

bool segment_is_named(const struct segment_ref *ref, const struct segment *segment)
{
	return ref->kind == REF_ID ? segment->id == ref->id : segment->key == ref->key;
}

bool filter_has_exceptions(const struct filter *filter)
{
	return filter->except.count || filter->except_owners.count ||
	       filter->except_creators.count || filter->except_keys.count;
}

/* Whether the list names the user, or may do so: a user that is not mapped here may be any user. */
static bool may_have_user(const struct number_list *users, uid_t uid)
{
	return has_number(users, uid) || (users->count && user_is_unknown(uid));
}

static bool is_excepted(const struct filter *filter, const struct segment *segment)
{
	for (size_t i = 0; i < filter->except.count; i++) {
		if (segment_is_named(&filter->except.items[i], segment))
			return true;
	}
	return may_have_user(&filter->except_owners, segment->uid) ||
	       may_have_user(&filter->except_creators, segment->cuid) ||
	       has_key(&filter->except_keys, segment->key);
}

bool filter_matches(const struct filter *filter, const struct segment *segment, struct judge *judge,
		    struct holders *holders)
{
	for (enum filter_kind kind = 0; kind < FILTER_KINDS; kind++) {
		if (has_kind(filter, kind) && !matches_kind(filter, kind, segment, judge, holders))
			return false;
	}
	return !is_excepted(filter, segment);
}

void filter_free(struct filter *filter)
{
	free(filter->owners.items);
	free(filter->groups.items);
	free(filter->creators.items);
	free(filter->modes.items);
	free(filter->keys.items);
	free(filter->pids.items);
	free(filter->commands.items);
	free(filter->units.items);
	free(filter->except.items);
	free(filter->except_owners.items);
	free(filter->except_creators.items);
	free(filter->except_keys.items);
	keep_free(&filter->keep);
	free(filter->keep_files.items);
	free(filter->except_namespaces.items);
}
