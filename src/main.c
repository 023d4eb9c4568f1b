/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shmtool: finds the verb on the command line and runs it. */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "verbs/complete.h"
#include "verbs/verb.h"

static const struct verb *const verbs[] = {
	&verb_ls,     &verb_stat, &verb_rm, /* the first group of --help */
	&verb_create, &verb_read, &verb_write, &verb_attach, &verb_set,
};

/* Where the second group begins. */
enum { SCRIPT_VERBS = 3 };

enum { VERB_COUNT = sizeof(verbs) / sizeof(verbs[0]) };

static const struct poptOption no_options[] = { OPTION_END };

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < VERB_COUNT; i++) {
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	}
	return NULL;
}

static enum status run_verb(const struct verb *verb, int argc, char **argv)
{
	static char name[32] = "shmtool ";

	strncat(name, verb->name, sizeof(name) - strlen(name) - 1);
	error_set_name(name);
	argv[0] = name;
	return verb->run(argc, argv);
}

/* Runs the verb named at argv[at]. Options before its name are passed to the verb, too. */
static enum status run_verb_at(const struct verb *verb, int argc, char **argv, size_t at)
{
	/* a "--" right before the name is dropped: it only ends the options of the program */
	size_t options = at > 1 && strcmp(argv[at - 1], "--") == 0 ? at - 1 : at;

	memmove(argv + options, argv + at + 1, ((size_t)argc - at) * sizeof(*argv));
	return run_verb(verb, argc - (int)(at + 1 - options), argv);
}

static enum status unknown_verb(const char *name)
{
	fail(STATUS_USAGE, "unknown command \"%.200s\"", name);
	return usage_hint();
}

/* `shmtool help [VERB]` */
static enum status run_help(const struct command *program, int argc, char **argv)
{
	char name[] = "shmtool";
	char option[] = "--help";
	char *arguments[] = { name, option, NULL };
	const struct verb *verb = argc > 1 ? find_verb(argv[1]) : NULL;
	struct operands operands;
	enum status status;

	if (argc > 2) {
		fail(STATUS_USAGE, "help takes at most one COMMAND");
		return usage_hint();
	}
	if (argc == 2 && !verb)
		return unknown_verb(argv[1]);
	if (verb)
		return run_verb(verb, 2, arguments);
	options_read(program, 2, arguments, NULL, &operands, &status);
	return status;
}

/* The list of verbs for --help. */
static const char *describe_verbs(void)
{
	static char text[1024];
	size_t length = 0;

	for (size_t i = 0; i < VERB_COUNT && length < sizeof(text); i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s  %-8s %s\n",
					   i == 0              ? "\nFind and clean up:\n"
					   : i == SCRIPT_VERBS ? "\nUse from scripts:\n"
							       : "",
					   verbs[i]->name, verbs[i]->command.summary);
	if (length < sizeof(text))
		snprintf(text + length, sizeof(text) - length,
			 "\nSEGMENT is an id (131076), a key (0x4306f4ef, key:1234) or "
			 "ftok:PROJ:PATH.\n"
			 "To find and remove leaks:\n"
			 "  shmtool ls\n"
			 "  shmtool rm --orphaned -n\n"
			 "  shmtool rm --orphaned\n"
			 "See \"shmtool help COMMAND\" and shmtool(1).");
	return text;
}

static enum status run_program(int argc, char **argv)
{
	const struct command program = {
		.usage = "COMMAND [OPTION...] [SEGMENT...]",
		.summary = "list, reclaim and script System V shared memory segments",
		.epilogue = describe_verbs(),
		.options = no_options,
		.options_first = true,
	};
	const struct verb *verb;
	struct operands operands;
	enum status status;
	size_t at;

	if (!options_read(&program, argc, argv, NULL, &operands, &status))
		return status;
	/* where the verb stands; popt hands out argv's own words */
	at = (size_t)argc - operands.count;
	status = STATUS_USAGE;
	if (operands.count == 0) {
		fail(STATUS_USAGE, "no command given");
		usage_hint();
	} else if (strcmp(argv[at], "help") == 0) {
		status = run_help(&program, argc - (int)at, argv + at);
	} else if (strcmp(argv[at], "__complete") == 0) {
		status = complete(verbs, VERB_COUNT, argv + at + 1, (size_t)argc - at - 1);
	} else if ((verb = find_verb(argv[at]))) {
		status = run_verb_at(verb, argc, argv, at);
	} else {
		unknown_verb(argv[at]);
	}
	operands_free(&operands);
	return status;
}

/*
 * Makes sure that descriptors 0, 1 and 2 are open, so that no file opened later
 * takes the place of a closed stdout. A substitute fails when it is used.
 */
static void fill_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
			open("/", O_RDONLY); /* GCOVR_EXCL_LINE: only without /dev/null */
	}
}

int main(int argc, char **argv)
{
	char program[] = "shmtool";
	char *none[] = { program, NULL };
	const char *base;
	const struct verb *verb = NULL;

	fill_standard_descriptors();
	/* a write beyond RLIMIT_FSIZE fails with EFBIG, which is reported, instead of killing */
	signal(SIGXFSZ, SIG_IGN);
	setlocale(LC_CTYPE, "");
	if (argc < 1 || !argv[0]) {
		/* GCOVR_EXCL_START: rarely: since Linux 5.18, the kernel adds an empty argv[0] */
		argc = 1;
		argv = none;
		/* GCOVR_EXCL_STOP */
	}
	/* an installed link: shmls is `shmtool ls` */
	base = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	if (strncmp(base, "shm", 3) == 0)
		verb = find_verb(base + 3);
	if (verb)
		return (int)run_verb(verb, argc, argv);
	argv[0] = program;
	/* the usual command line, with no option before the verb, is read only once */
	verb = argc > 1 ? find_verb(argv[1]) : NULL;
	if (verb)
		return (int)run_verb_at(verb, argc, argv, 1);
	return (int)run_program(argc, argv);
}
