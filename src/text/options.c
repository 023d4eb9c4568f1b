/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text/output.h"
#include "text/parse.h"

#ifndef POPT_ERROR_UNWANTEDARG
#define POPT_ERROR_UNWANTEDARG -12 /* popt 1.19 */
#endif

enum {
	CODE_HELP = OPTION_CODES_COMMON,
	CODE_USAGE,
	CODE_NAMESPACE,
	CODE_VERBOSE,
	CODE_VERSION,
};

const struct poptOption common_options[] = {
	OPTION_VALUE("namespace", 'N', CODE_NAMESPACE,
		     "use the IPC namespace of PID or PATH, or number NS", "PID|PATH|NS"),
	OPTION_FLAG("verbose", 'v', CODE_VERBOSE, "explain what is being done"),
	OPTION_FLAG("help", 'h', CODE_HELP, "show this help and exit"),
	OPTION_HIDDEN_FLAG(NULL, '?', CODE_HELP),
	OPTION_HIDDEN_FLAG("usage", '\0', CODE_USAGE),
	OPTION_FLAG("version", 'V', CODE_VERSION, "show the version and exit"),
	OPTION_END,
};

/* The row with this code. */
static const struct poptOption *find_row(const struct poptOption *table, int code)
{
	for (; table->longName || table->shortName || table->arg; table++) {
		const struct poptOption *row = NULL;

		if ((table->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE)
			row = find_row(table->arg, code);
		else if (table->val == code)
			row = table;
		if (row)
			return row;
	}
	return NULL;
}

/* Whether popt may read a word as an option or the value of one. */
static bool reaches_popt(const struct command *command, char **argv, int at)
{
	bool dash = argv[at][0] == '-' && argv[at][1];
	bool after_dash = at > 1 && argv[at - 1][0] == '-' && argv[at - 1][1];

	return !command->options_first || dash || after_dash;
}

/*
 * Whether a word contains "!#:+". popt replaces that in a value by the next operand, and
 * loops forever if there is none.
 */
static bool has_magic_word(const struct command *command, int argc, char **argv)
{
	for (int at = 1; at < argc; at++) {
		if (strcmp(argv[at], "--") == 0 || !reaches_popt(command, argv, at))
			return false;
		if (strstr(argv[at], "!#:+")) {
			fail(STATUS_USAGE,
			     "\"%s\": an argument that contains \"!#:+\" must come after \"--\"",
			     argv[at]);
			return true;
		}
	}
	return false;
}

/* Removes a variable from the environment. Returns its value, for show_variable(). */
static char *hide_variable(const char *name)
{
	const char *value = getenv(name);
	char *saved = value ? strdup(value) : NULL;

	unsetenv(name);
	return saved;
}

static void show_variable(const char *name, char *saved)
{
	if (saved)
		setenv(name, saved, 1);
	free(saved);
}

/*
 * Set while popt is running. If it runs out of memory, it calls exit(EXIT_FAILURE), but
 * status 1 is STATUS_NO here.
 */
static bool in_popt;

/* Called at exit: reports that popt ran out of memory, with the right status. */
static void end_for_popt(void)
{
	if (in_popt)
		_exit((int)fail(STATUS_EXHAUSTED, "%s", out_of_memory));
}

static void enter_popt(void)
{
	static bool registered;

	if (!registered)
		registered = atexit(end_for_popt) == 0;
	in_popt = true;
}

/* Creates a context that no environment variable affects. */
static poptContext make_context(const struct command *command, int argc, char **argv,
				const struct poptOption *table)
{
	char *correct = hide_variable("POSIXLY_CORRECT");
	char *harder = hide_variable("POSIX_ME_HARDER");
	poptContext context =
		poptGetContext(NULL, argc, (const char **)argv, table,
			       command->options_first ? POPT_CONTEXT_POSIXMEHARDER : 0);

	show_variable("POSIXLY_CORRECT", correct);
	show_variable("POSIX_ME_HARDER", harder);
	return context;
}

/*
 * Checks whether everything printed through stdio was written. The caller has set errno
 * to 0 before: with musl, a write can fail before fflush(3).
 */
static enum status finish_stdout(void)
{
	int error = fflush(stdout) || ferror(stdout) ? (errno ? errno : EIO)
						     : output_lost(STDOUT_FILENO);

	return error ? output_failed(error) : STATUS_DONE;
}

static enum status print_help(const struct command *command, poptContext context)
{
	printf("%s: %s\n", error_name(), command->summary);
	poptPrintHelp(context, stdout, 0);
	if (command->epilogue)
		puts(command->epilogue);
	return finish_stdout();
}

/*
 * Returns the option's value as typed, within argv, or NULL if out of memory. (popt drops
 * the '=' of -t=abc, where it is part of the value.)
 */
static const char *typed_value(poptContext context)
{
	const char *word = poptBadOption(context, POPT_BADOPTION_NOALIAS);
	char *taken = poptGetOptArg(context);
	const char *value;

	if (!taken)
		return NULL;
	value = word + strlen(word) - strlen(taken);
	free(taken);
	if (value > word + 1 && value[-1] == '=' && word[1] != '-')
		value--;
	return value;
}

/* Whether a flag has a value. popt 1.18 would ignore it, and read "--all=no" as --all. */
static bool has_unwanted_value(poptContext context)
{
	const char *word = poptBadOption(context, POPT_BADOPTION_NOALIAS);

	return strncmp(word, "--", 2) == 0 && strchr(word, '=');
}

/* How long the part is in which two names agree, best at their beginning; 0: too short. */
static size_t likeness(const char *unknown, const char *name)
{
	/* --frob is not a misspelled --from */
	enum { ENOUGH = 3, ENOUGH_AT_BEGIN = 4 };
	size_t same = 0;

	while (name[same] && name[same] == unknown[same])
		same++;
	if (same >= ENOUGH_AT_BEGIN)
		return same + 1;
	same = strstr(name, unknown) ? strlen(unknown) : strstr(unknown, name) ? strlen(name) : 0;
	return same >= ENOUGH ? same : 0;
}

/* Finds the long option of the table that is most like an unknown one; *most: how much. */
static const char *find_like(const struct poptOption *table, const char *unknown, size_t *most)
{
	const char *found = NULL;

	for (; table->longName || table->shortName || table->arg; table++) {
		const char *name = table->longName;
		/* a hint must not lead to the removal of everything */
		bool may_be = name && strcmp(name, "all") != 0;
		size_t same = may_be ? likeness(unknown, name) : 0;

		if ((table->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE) {
			const char *below = find_like(table->arg, unknown, most);

			found = below ? below : found;
		} else if (same > *most) {
			*most = same;
			found = name;
		}
	}
	return found;
}

static enum status report_unknown(const struct poptOption *table, const char *word)
{
	char name[64];
	const char *like = NULL;
	size_t most = 0;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	if (strncmp(name, "--", 2) == 0 && name[2])
		like = find_like(table, name + 2, &most);
	fail(STATUS_USAGE, "unknown option \"%.200s\"", word);
	if (!like)
		return usage_hint();
	hint("try --%s, or \"%s --help\"", like, error_name());
	return STATUS_USAGE;
}

static enum status report_bad_option(const struct poptOption *table, poptContext context, int code)
{
	const char *word = poptBadOption(context, POPT_BADOPTION_NOALIAS);

	if (code == POPT_ERROR_BADOPT)
		return report_unknown(table, word);

	if (code == POPT_ERROR_NOARG)
		fail(STATUS_USAGE, "option %s needs a value", word);
	else if (code == POPT_ERROR_UNWANTEDARG)
		fail(STATUS_USAGE, "option %.*s does not take a value", (int)strcspn(word, "="),
		     word);
	else
		/* GCOVR_EXCL_START: popt finds other errors only in numbers and aliases */
		fail(STATUS_USAGE, "\"%s\": %s", word, poptStrerror(code));
	/* GCOVR_EXCL_STOP */
	return usage_hint();
}

static enum status report_bad_value(const struct poptOption *row, const char *value,
				    const char *wrong)
{
	char letter[] = { '-', row->shortName, '\0' };
	const char *dashes = row->longName ? "--" : "";
	const char *name = row->longName ? row->longName : letter;

	if (value)
		return fail(status_of_wrong(wrong), "%s%s \"%.200s\": %s", dashes, name, value,
			    wrong);
	return fail(status_of_wrong(wrong), "%s%s: %s", dashes, name, wrong);
}

/* The words of the command line, and which of them are values of options. */
struct words {
	char **argv;
	int argc;
	bool *is_value;
};

static void mark_value(struct words *words, const char *value)
{
	for (int at = 1; at < words->argc; at++)
		words->is_value[at] |= words->argv[at] == value;
}

/*
 * Counts the operands, to check that popt returns all of them. If it runs out of memory,
 * it omits one, and "rm SEGMENT --orphaned" would become another command.
 */
static size_t count_operands(const struct command *command, const struct words *words)
{
	size_t count = 0;

	for (int at = 1; at < words->argc; at++) {
		const char *word = words->argv[at];

		if (words->is_value[at])
			continue;
		if (strcmp(word, "--") == 0)
			return count + (size_t)(words->argc - at - 1);
		if (word[0] == '-' && word[1])
			continue;
		if (command->options_first)
			return (size_t)(words->argc - at);
		count++;
	}
	return count;
}

/* Sets the bool in the state for this option. Returns false if it is not a flag. */
static bool set_flag(const struct flag *flags, void *state, int code)
{
	while (flags && flags->code && flags->code != code)
		flags++;
	if (!flags || !flags->code)
		return false;
	*(bool *)((char *)state + flags->member) = true;
	return true;
}

/* Handles one option. Sets *finished if it ends the program, as --help does. */
static enum status take_option(const struct command *command, struct operands *operands,
			       struct words *words, const struct poptOption *row, void *state,
			       bool *finished)
{
	bool is_flag = (row->argInfo & POPT_ARG_MASK) == POPT_ARG_NONE;
	const char *value = is_flag ? NULL : typed_value(operands->context);
	const char *wrong;
	ino_t inode;
	pid_t pid;

	if (is_flag && has_unwanted_value(operands->context))
		/* GCOVR_EXCL_START: rarely: popt before release 1.19 */
		return report_bad_option(NULL, operands->context, POPT_ERROR_UNWANTEDARG);
	/* GCOVR_EXCL_STOP */
	if (!is_flag && !value)
		return report_bad_value(row, NULL, out_of_memory);
	if (value)
		mark_value(words, value);
	errno = 0;
	switch (row->val) {
	case CODE_NAMESPACE:
		operands->ns = value;
		wrong = parse_namespace(value, &pid, &inode);
		return wrong ? report_bad_value(row, value, wrong) : STATUS_DONE;
	case CODE_VERBOSE:
		operands->verbose = true;
		return STATUS_DONE;
	case CODE_HELP:
		*finished = true;
		return print_help(command, operands->context);
	case CODE_USAGE:
		*finished = true;
		poptPrintUsage(operands->context, stdout, 0);
		return finish_stdout();
	case CODE_VERSION:
		*finished = true;
		printf("shmtool %s\n", SHMTOOL_VERSION);
		return finish_stdout();
	default:
		if (set_flag(command->flags, state, row->val))
			return STATUS_DONE;
		wrong = command->handle(state, row->val, value);
		return wrong ? report_bad_value(row, value, wrong) : STATUS_DONE;
	}
}

static enum status read_all(const struct command *command, const struct poptOption *table,
			    struct words *words, void *state, struct operands *operands,
			    bool *finished)
{
	const struct poptOption *row;
	int code;

	while ((code = poptGetNextOpt(operands->context)) > 0 && (row = find_row(table, code))) {
		enum status status;

		status = take_option(command, operands, words, row, state, finished);
		if (status || *finished)
			return status;
	}
	return code == -1 ? STATUS_DONE : report_bad_option(table, operands->context, code);
}

static enum status read_words(const struct command *command, struct words *words, void *state,
			      struct operands *operands, bool *finished)
{
	const struct poptOption table[] = {
		OPTION_TABLE(command->options, NULL),
		OPTION_TABLE(common_options, "General options:"),
		OPTION_END,
	};
	enum status status;

	enter_popt();
	operands->context = make_context(command, words->argc, words->argv, table);
	if (!operands->context) {
		in_popt = false;
		return fail(STATUS_EXHAUSTED, "%s", out_of_memory);
	}
	poptSetOtherOptionHelp(operands->context, command->usage);
	status = read_all(command, table, words, state, operands, finished);
	in_popt = false;
	if (status || *finished)
		return status;
	operands->words = poptGetArgs(operands->context);
	while (operands->words && operands->words[operands->count])
		operands->count++;
	if (operands->count != count_operands(command, words))
		return fail(STATUS_EXHAUSTED, "%s", out_of_memory);
	return STATUS_DONE;
}

bool options_read(const struct command *command, int argc, char **argv, void *state,
		  struct operands *operands, enum status *status)
{
	struct words words = { .argv = argv, .argc = argc };
	bool finished = false;

	*operands = (struct operands){ 0 };
	*status = STATUS_USAGE;
	if (has_magic_word(command, argc, argv))
		return false;
	words.is_value = calloc((size_t)argc + 1, sizeof(*words.is_value));
	if (words.is_value)
		*status = read_words(command, &words, state, operands, &finished);
	else
		*status = fail(STATUS_EXHAUSTED, "%s", out_of_memory);
	free(words.is_value);
	if (*status || finished)
		operands_free(operands);
	return !*status && !finished;
}

void operands_free(struct operands *operands)
{
	poptFreeContext(operands->context);
	free(operands->ns_path);
	*operands = (struct operands){ 0 };
}

enum status usage_hint(void)
{
	hint("try \"%s --help\"", error_name());
	return STATUS_USAGE;
}
