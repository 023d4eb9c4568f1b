/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/complete_offers.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/process/namespace.h"
#include "shm/segment/judge.h"
#include "shm/segment/listing.h"
#include "text/field.h"
#include "text/keepfile.h"
#include "text/state_names.h"
#include "text/terminal.h"
#include "text/units.h"
#include "verbs/common/namespaces.h"
#include "verbs/verb.h"

void offer(const struct typing *typing, const char *word, const char *meaning)
{
	/* the shells take a line that begins with a colon for :file or :command */
	if (strncmp(word, typing->typed, strlen(typing->typed)) != 0 || *typing->before == ':')
		return;
	output_bytes(typing->output, typing->before, typing->before_length);
	output_escaped(typing->output, word);
	output_char(typing->output, '\t');
	output_escaped(typing->output, meaning);
	output_char(typing->output, '\n');
}

static void offer_words(const struct typing *typing, const char *const *words)
{
	for (; *words; words++)
		offer(typing, *words, "");
}

/* Splits off the part of the word after its last comma. */
static struct typing after_comma(const struct typing *typing)
{
	struct typing rest = *typing;
	const char *comma = strrchr(typing->typed, ',');

	if (comma) {
		rest.before_length += (size_t)(comma + 1 - rest.typed);
		rest.typed = comma + 1;
	}
	return rest;
}

static void offer_field(const struct typing *typing)
{
	for (size_t i = 0; i < field_count; i++)
		offer(typing, fields[i].name, fields[i].help);
}

/* Offers the names of fields. If the word begins with this character, it is skipped. */
static void offer_field_after(const struct typing *typing, char sign)
{
	struct typing rest = *typing;

	if (*rest.typed == sign) {
		rest.typed++;
		rest.before_length++;
	}
	offer_field(&rest);
}

/* Offers a list of fields, which may begin with a plus. */
static void offer_fields(const struct typing *typing)
{
	const struct typing rest = after_comma(typing);

	offer_field_after(&rest, rest.typed == typing->typed ? '+' : ',');
}

static void offer_sort_keys(const struct typing *typing)
{
	const struct typing rest = after_comma(typing);

	offer_field_after(&rest, '-');
}

/* Offers a field after %{, and nothing elsewhere. */
static void offer_format(const struct typing *typing)
{
	struct typing rest = *typing;
	const char *open = strrchr(typing->typed, '%');

	if (!open || open[1] != '{' || strchr(open, '}'))
		return;
	rest.before_length += (size_t)(open + 2 - rest.typed);
	rest.typed = open + 2;
	for (size_t i = 0; i < field_count; i++) {
		char closed[UNIT_TEXT_SIZE];

		snprintf(closed, sizeof(closed), "%s}", fields[i].name);
		offer(&rest, closed, fields[i].help);
	}
}

static void offer_states(const struct typing *typing)
{
	const struct typing rest = after_comma(typing);

	for (int state = 0; state < STATE_COUNT; state++)
		offer(&rest, state_name((enum segment_state)state), "");
}

static void offer_users(const struct typing *typing)
{
	const struct passwd *user;

	setpwent();
	while ((user = getpwent())) {
		char number[UNIT_TEXT_SIZE];

		snprintf(number, sizeof(number), "uid %u", user->pw_uid);
		offer(typing, user->pw_name, number);
	}
	endpwent();
}

static void offer_groups(const struct typing *typing)
{
	const struct group *group;

	setgrent();
	while ((group = getgrent())) {
		char number[UNIT_TEXT_SIZE];

		snprintf(number, sizeof(number), "gid %u", group->gr_gid);
		offer(typing, group->gr_name, number);
	}
	endgrent();
}

static void offer_file(const struct typing *typing)
{
	output_text(typing->output, ":file\n");
}

/* Describes a segment briefly: "root, 4K, attached, 1234 postgres". */
static void describe(char *text, size_t size, struct view *view, const struct segment *segment)
{
	char bytes[UNIT_TEXT_SIZE];
	char created_by[VALUE_TEXT_SIZE];
	const struct value creator = find_field("created-by", 10)->get(view, segment);

	size_text(bytes, segment->size);
	snprintf(text, size, "%s, %s, %s, created by %s", name_of_user(&view->names, segment->uid),
		 bytes, state_name(segment->state), value_for_programs(&creator, created_by));
}

/* All at once. Without memory, one by one. */
static void read_creators(struct judge *judge, const struct listing *list)
{
	pid_t *pids = calloc(list->count + 1, sizeof(*pids));

	for (size_t i = 0; pids && i < list->count; i++)
		pids[i] = list->items[i].cpid;
	if (pids)
		processes_read(&judge->processes, pids, list->count, false);
	free(pids);
}

typedef void offer_segment(const struct typing *typing, const char *meaning,
			   const struct segment *segment);

/* Calls the function for every segment, in the namespace of -N if it was given. */
static void for_each_segment(const struct typing *typing, offer_segment *offer_one)
{
	struct listing list = { 0 };
	struct listing_fault fault;
	struct keep keep = { 0 };
	char keep_fault[KEEPFILE_FAULT_SIZE];
	struct judge judge;
	struct view view;
	struct namespace ns;
	bool users_changed;
	int error = 0;

	keepfile_read_defaults(&keep, keep_fault);
	if (typing->ns)
		error = namespace_open_named(typing->ns, &ns);
	if (typing->ns && !error) {
		error = namespace_enter_fd(ns.fd, &users_changed);
		namespace_close(&ns);
	}
	judge_begin(&judge, GRACE_DEFAULT, false);
	judge.keep = &keep;
	view_begin(&view, &judge);
	if (!error && listing_read(&list, &fault) == 0) {
		read_creators(&judge, &list);
		for (size_t i = 0; i < list.count; i++) {
			char meaning[512];

			judge_segment(&judge, &list.items[i]);
			describe(meaning, sizeof(meaning), &view, &list.items[i]);
			offer_one(typing, meaning, &list.items[i]);
		}
	}
	listing_free(&list);
	view_end(&view);
	judge_end(&judge);
	keep_free(&keep);
}

static void offer_id(const struct typing *typing, const char *meaning,
		     const struct segment *segment)
{
	char word[UNIT_TEXT_SIZE];

	snprintf(word, sizeof(word), "%d", segment->id);
	offer(typing, word, meaning);
	snprintf(word, sizeof(word), "id:%d", segment->id);
	if (*typing->typed == 'i')
		offer(typing, word, meaning);
}

static void offer_key(const struct typing *typing, const char *meaning,
		      const struct segment *segment)
{
	char word[UNIT_TEXT_SIZE];

	if (!segment->key)
		return;
	snprintf(word, sizeof(word), "key:0x%08x", (unsigned int)segment->key);
	offer(typing, word + strlen("key:"), meaning);
	if (*typing->typed == 'k')
		offer(typing, word, meaning);
}

static void offer_id_and_key(const struct typing *typing, const char *meaning,
			     const struct segment *segment)
{
	offer_id(typing, meaning, segment);
	offer_key(typing, meaning, segment);
}

static void offer_ids(const struct typing *typing)
{
	for_each_segment(typing, offer_id);
}

static void offer_keys(const struct typing *typing)
{
	for_each_segment(typing, offer_key);
}

void offer_segments(const struct typing *typing)
{
	for_each_segment(typing, offer_id_and_key);
}

/* What is offered for each metavariable. */
static const struct value_kind_offer {
	const char *word;
	void (*offer)(const struct typing *typing);
	const char *const *words; /* instead of a function */
} value_offers[] = {
	{ "FIELD", offer_field, NULL },
	{ "[+]FIELD,...", offer_fields, NULL },
	{ "[-]FIELD,...", offer_sort_keys, NULL },
	{ "FORMAT", offer_format, NULL },
	{ "STATE,...", offer_states, NULL },
	{ "USER", offer_users, NULL },
	{ "GROUP", offer_groups, NULL },
	{ "SEGMENT", offer_segments, NULL },
	{ "ID", offer_ids, NULL },
	{ "KEY", offer_keys, NULL },
	{ "FILE", offer_file, NULL },
	{ "PID|PATH|NS", offer_file, NULL },
	{ "NS", offer_file, NULL },
	{ "WHEN", NULL, color_names },
	{ "STYLE", NULL, time_format_names },
	{ "CONDITION", NULL, stat_conditions },
};

void offer_value(const struct typing *typing, const char *metavariable)
{
	if (!metavariable)
		return; /* that of a hidden option */
	for (size_t i = 0; i < sizeof(value_offers) / sizeof(value_offers[0]); i++) {
		if (strcmp(value_offers[i].word, metavariable) != 0)
			continue;
		if (value_offers[i].words)
			offer_words(typing, value_offers[i].words);
		else
			value_offers[i].offer(typing);
	}
}
