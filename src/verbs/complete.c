/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/complete.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shm/process/namespace.h"
#include "shm/segment/judge.h"
#include "shm/segment/listing.h"
#include "text/field.h"
#include "text/keepfile.h"
#include "text/parse.h"
#include "text/state_names.h"
#include "text/terminal.h"
#include "text/units.h"
#include "verbs/common/namespaces.h"

/* A word that is being typed. */
struct typing {
	struct output *output;
	const char *before; /* what of the word stays as it is: "--owner=", "id,key," */
	size_t before_length;
	const char *typed; /* what is to be completed, behind that */
	const char *ns;    /* of -N, somewhere before, or NULL */
	size_t skipped;    /* words before the verb */
};

/* Offers a word, if what was typed is its beginning. */
static void offer(const struct typing *typing, const char *word, const char *meaning)
{
	if (strncmp(word, typing->typed, strlen(typing->typed)) != 0)
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

/* What of the word is behind its last comma. */
static struct typing behind_comma(const struct typing *typing)
{
	struct typing rest = *typing;
	const char *comma = strrchr(typing->typed, ',');

	if (comma) {
		rest.before_length += (size_t)(comma + 1 - rest.typed);
		rest.typed = comma + 1;
	}
	return rest;
}

static void offer_fields(const struct typing *typing)
{
	const struct typing rest = behind_comma(typing);

	for (size_t i = 0; i < field_count; i++)
		offer(&rest, fields[i].name, fields[i].help);
}

static void offer_sort_keys(const struct typing *typing)
{
	struct typing rest = behind_comma(typing);

	if (*rest.typed == '-') {
		rest.typed++;
		rest.before_length++;
	}
	for (size_t i = 0; i < field_count; i++)
		offer(&rest, fields[i].name, fields[i].help);
}

/* Inside %{ a field, elsewhere nothing. */
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
	const struct typing rest = behind_comma(typing);

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

/* A segment in a few words: "root, 4K, attached, 1234 postgres". */
static void describe(char *text, size_t size, struct view *view, const struct segment *segment)
{
	char bytes[UNIT_TEXT_SIZE];
	const struct process *creator = process_find(&view->judge->processes, segment->cpid);

	size_text(bytes, segment->size);
	snprintf(text, size, "%s, %s, %s, created by %s", name_of_user(&view->names, segment->uid),
		 bytes, state_name(segment->state), PROCESS_LABEL(creator));
}

typedef void offer_segment(const struct typing *typing, const char *meaning,
			   const struct segment *segment);

/* Every segment that there is, in the namespace of -N if it was given. */
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
	bool by_home;
	int error = 0;

	keepfile_read_defaults(&keep, keep_fault, &by_home);
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

static void offer_segments(const struct typing *typing)
{
	for_each_segment(typing, offer_id_and_key);
}

static void offer_colors(const struct typing *typing)
{
	offer_words(typing, color_names);
}

static void offer_time_formats(const struct typing *typing)
{
	offer_words(typing, time_format_names);
}

static void offer_conditions(const struct typing *typing)
{
	offer_words(typing, stat_conditions);
}

/* What can be offered for a value, by the word that --help has for it. */
static const struct value_kind_offer {
	const char *word;
	void (*offer)(const struct typing *typing);
} value_offers[] = {
	{ "FIELD,...", offer_fields },
	{ "[-]FIELD,...", offer_sort_keys },
	{ "FORMAT", offer_format },
	{ "S,...", offer_states },
	{ "USER", offer_users },
	{ "GROUP", offer_groups },
	{ "SEGMENT", offer_segments },
	{ "ID", offer_ids },
	{ "K", offer_keys },
	{ "KEY", offer_keys },
	{ "FILE", offer_file },
	{ "PID|PATH", offer_file },
	{ "WHEN", offer_colors },
	{ "WHICH", offer_time_formats },
	{ "CONDITION", offer_conditions },
};

static void offer_value(const struct typing *typing, const struct poptOption *row)
{
	for (size_t i = 0; i < sizeof(value_offers) / sizeof(value_offers[0]); i++) {
		if (strcmp(value_offers[i].word, row->argDescrip) == 0)
			value_offers[i].offer(typing);
	}
}

static bool is_end(const struct poptOption *row)
{
	return !row->longName && !row->shortName && !row->arg;
}

static bool takes_value(const struct poptOption *row)
{
	return (row->argInfo & POPT_ARG_MASK) != POPT_ARG_NONE;
}

/* The row with this letter, or with a name of this length; NULL: none. */
static const struct poptOption *find_in_table(const struct poptOption *table, char letter,
					      const char *name, size_t length)
{
	const struct poptOption *found = NULL;

	for (; !is_end(table) && !found; table++) {
		if ((table->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE)
			found = find_in_table(table->arg, letter, name, length);
		else if (name ? table->longName && strlen(table->longName) == length &&
					 strncmp(table->longName, name, length) == 0
			      : table->shortName == letter)
			found = table;
	}
	return found;
}

/* Of a verb's own options, or of those that all have. */
static const struct poptOption *find_option(const struct command *command, char letter,
					    const char *name, size_t length)
{
	const struct poptOption *own = find_in_table(command->options, letter, name, length);

	return own ? own : find_in_table(common_options, letter, name, length);
}

static void offer_options(const struct typing *typing, const struct poptOption *table)
{
	for (; !is_end(table); table++) {
		char word[UNIT_TEXT_SIZE];

		if ((table->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE) {
			offer_options(typing, table->arg);
			continue;
		}
		if (table->argInfo & POPT_ARGFLAG_DOC_HIDDEN)
			continue;
		if (table->longName)
			snprintf(word, sizeof(word), "--%s", table->longName);
		else
			snprintf(word, sizeof(word), "-%c", table->shortName);
		offer(typing, word, table->descrip);
	}
}

/*
 * The option whose value begins behind this word, or NULL; *value is where the
 * value begins when it is in the word itself: --name=VALUE, -oVALUE.
 */
static const struct poptOption *option_of(const struct command *command, const char *word,
					  const char **value)
{
	const struct poptOption *row = NULL;

	*value = NULL;
	if (strncmp(word, "--", 2) == 0) {
		size_t length = strcspn(word + 2, "=");

		row = find_option(command, '\0', word + 2, length);
		if (word[2 + length])
			*value = word + 2 + length + 1;
		return row && takes_value(row) ? row : NULL;
	}
	for (word++; *word; word++) {
		row = find_option(command, *word, NULL, 0);
		if (row && takes_value(row)) {
			*value = word[1] ? word + 1 : NULL;
			return row;
		}
	}
	return NULL;
}

/* Where in a verb's command line the last word stands. */
struct place {
	const struct poptOption *value_of; /* of this option, or NULL */
	bool only_operands;                /* behind -- */
	size_t operands;                   /* before it */
	size_t command;                    /* number of the word behind the first operand and -- */
};

static struct place find_place(const struct command *command, struct typing *typing, char **words,
			       size_t length)
{
	struct place place = { 0 };

	for (size_t i = 0; i + 1 < length; i++) {
		const char *value = NULL;
		bool done = place.only_operands || (command->options_first && place.operands);
		const struct poptOption *row = NULL;

		if (!done && strcmp(words[i], "--") == 0) {
			place.only_operands = true;
			continue;
		}
		if (done || words[i][0] != '-' || !words[i][1]) {
			if (!place.operands++)
				place.command =
					i + 1 + (strcmp(words[i + 1], "--") == 0 && i + 2 < length);
			continue;
		}
		row = option_of(command, words[i], &value);
		if (row && !value && i + 2 == length)
			place.value_of = row;
		else if (row && !value)
			value = words[++i];
		if (row && value && row->shortName == 'N')
			typing->ns = value;
	}
	return place;
}

static void offer_operands(const struct typing *typing, const struct command *command,
			   const struct place *place)
{
	const char *usage = command->usage;

	if (strstr(usage, "COMMAND") && place->operands)
		output_format(typing->output, ":command %zu\n", typing->skipped + place->command);
	else if (strstr(usage, "SEGMENT..") || (strstr(usage, "SEGMENT") && !place->operands))
		offer_segments(typing);
}

/* Offers what may stand for the last of the words behind a verb. */
static void complete_verb(struct typing *typing, const struct command *command, char **words,
			  size_t length)
{
	const struct place place = find_place(command, typing, words, length);
	const char *word = words[length - 1];
	const char *value;
	const struct poptOption *row;

	if (place.value_of) {
		offer_value(typing, place.value_of);
		return;
	}
	if (*word != '-' || place.only_operands || (command->options_first && place.operands)) {
		offer_operands(typing, command, &place);
		return;
	}
	row = option_of(command, word, &value);
	if (row && value) {
		typing->before_length = (size_t)(value - word);
		typing->typed = value;
		offer_value(typing, row);
		return;
	}
	offer_options(typing, command->options);
	offer_options(typing, common_options);
}

/*
 * Passes over the options that stand before the verb, as -N PID does. Returns
 * the one whose value is to be completed, or NULL.
 */
static const struct poptOption *skip_options(struct typing *typing, char **words, size_t length)
{
	static const struct poptOption none[] = { OPTION_END };
	const struct command program = { .options = none };
	size_t at = 0;

	while (at + 1 < length && words[at][0] == '-' && words[at][1]) {
		const char *value;
		const struct poptOption *row = option_of(&program, words[at++], &value);

		if (row && !value && at + 1 == length)
			return row;
		if (row && !value)
			value = words[at++];
		if (row && row->shortName == 'N')
			typing->ns = value;
	}
	typing->skipped = at;
	return NULL;
}

enum status complete(const struct verb *const *verbs, size_t count, char **words, size_t length)
{
	static struct output output;
	struct typing typing = { .output = &output };
	const struct poptOption *value_of;

	output_begin(&output, STDOUT_FILENO);
	if (!length)
		return STATUS_USAGE;
	typing.before = typing.typed = words[length - 1];
	value_of = skip_options(&typing, words, length);
	if (value_of) {
		offer_value(&typing, value_of);
		return output_end(&output, STATUS_DONE);
	}
	words += typing.skipped;
	length -= typing.skipped;
	if (length == 1 || (length == 2 && strcmp(words[0], "help") == 0)) {
		for (size_t i = 0; i < count; i++)
			offer(&typing, verbs[i]->name, verbs[i]->command.summary);
		if (length == 1)
			offer(&typing, "help", "show the help of a command");
		if (length == 1 && *words[0] == '-')
			offer_options(&typing, common_options);
		return output_end(&output, STATUS_DONE);
	}
	for (size_t i = 0; i < count; i++) {
		if (strcmp(verbs[i]->name, words[0]) == 0)
			complete_verb(&typing, &verbs[i]->command, words + 1, length - 1);
	}
	return output_end(&output, STATUS_DONE);
}
