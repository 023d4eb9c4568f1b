/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/complete.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text/units.h"
#include "verbs/complete_offers.h"

static bool is_end(const struct poptOption *row)
{
	return !row->longName && !row->shortName && !row->arg;
}

static bool takes_value(const struct poptOption *row)
{
	return (row->argInfo & POPT_ARG_MASK) != POPT_ARG_NONE;
}

/* The row with this letter, or with this name of length bytes; NULL: none. */
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

/* Finds an option of the verb, or one of those that all verbs have. */
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
 * Returns the option with a value that this word contains, or NULL. *value is the value, if
 * it is in the same word (--name=VALUE, -oVALUE), or NULL if it is the next word.
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

/* What the last word of a verb's command line is. */
struct place {
	const struct poptOption *value_of; /* it is the value of this option, or NULL */
	bool only_operands;                /* it comes after -- */
	size_t operands;                   /* number of operands before it */
	size_t command; /* number of the first word after the first operand and an optional -- */
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
	if (command->operands == OPERANDS_SEGMENT_COMMAND && place->operands)
		output_format(typing->output, ":command %zu\n", typing->skipped + place->command);
	else if (command->operands == OPERANDS_SEGMENTS ||
		 (command->operands != OPERANDS_NONE && !place->operands))
		offer_segments(typing);
}

/* Offers completions of the last word after a verb. */
static void complete_verb(struct typing *typing, const struct command *command, char **words,
			  size_t length)
{
	const struct place place = find_place(command, typing, words, length);
	const char *word = words[length - 1];
	const char *value;
	const struct poptOption *row;

	if (place.value_of) {
		offer_value(typing, place.value_of->argDescrip);
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
		offer_value(typing, row->argDescrip);
		return;
	}
	offer_options(typing, command->options);
	offer_options(typing, common_options);
}

/*
 * Skips options before the verb, such as -N PID. Returns the option whose value is being
 * typed, or NULL.
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
		offer_value(&typing, value_of->argDescrip);
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
