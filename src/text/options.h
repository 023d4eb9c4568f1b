/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options: parses command lines with popt(3), and avoids its pitfalls: environment
 * variables do not change how options are parsed, no configuration file is read, a value
 * is exactly what was typed, and a flag with a value is an error.
 */
#ifndef TEXT_OPTIONS_H
#define TEXT_OPTIONS_H

#include <popt.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "text/error.h"

/* Rows of an option table. The handler gets the code, which must not be 0. */
#define OPTION_FLAG(name, letter, code, help)                       \
	{                                                           \
		name, letter, POPT_ARG_NONE, NULL, code, help, NULL \
	}
/* The metavariable also determines what completion offers (complete_offers.c). */
#define OPTION_VALUE(name, letter, code, help, metavariable)                  \
	{                                                                     \
		name, letter, POPT_ARG_STRING, NULL, code, help, metavariable \
	}
#define OPTION_HIDDEN_FLAG(name, letter, code)                                                \
	{                                                                                     \
		name, letter, POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, NULL, code, NULL, NULL \
	}
/* An option with a value that --help does not list. */
#define OPTION_HIDDEN_VALUE(name, code)                                                       \
	{                                                                                     \
		name, '\0', POPT_ARG_STRING | POPT_ARGFLAG_DOC_HIDDEN, NULL, code, NULL, NULL \
	}
/* popt's member is not const, although popt never writes to the table */
#define OPTION_TABLE(table, title)                                                  \
	{                                                                           \
		NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)(table), 0, title, NULL \
	}
#define OPTION_END POPT_TABLEEND

/* Each shared table has its own range of codes. Smaller codes are the verb's own. */
enum {
	OPTION_CODES_FILTER = 0x1000,
	OPTION_CODES_COMMON = 0x2000,
	OPTION_CODES_GUARD = 0x3000,
};

/* An option without a value that only sets a bool in the state. */
struct flag {
	int code;
	size_t member; /* offsetof() of the bool in the state */
};

/* What a command's operands are, for completion. */
enum operand_kind {
	OPERANDS_NONE,
	OPERANDS_SEGMENT,
	OPERANDS_SEGMENTS,
	OPERANDS_SEGMENT_COMMAND, /* a segment, then a command with its arguments */
};

/*
 * The command line of one command. handle() is called for each option that is not in
 * flags, with its code and its value (or NULL), which is valid as long as argv. It
 * returns NULL, or what is wrong with the value.
 */
struct command {
	const char *usage;    /* what follows the name: "[OPTION...] SEGMENT..." */
	const char *summary;  /* one line for --help */
	const char *epilogue; /* more lines at the end of --help, or NULL */
	const struct poptOption *options;
	const struct flag *flags; /* ends with code 0; or NULL */
	const char *(*handle)(void *state, int code, const char *value);
	enum operand_kind operands;
	bool options_first; /* everything after the first operand is an operand, too */
};

/* The options of every command. */
extern const struct poptOption common_options[];

/* The operands of a command line, and its common options. */
struct operands {
	const char **words; /* NULL-terminated */
	size_t count;
	const char *ns;      /* the value of -N, or NULL */
	char *ns_path;       /* a path of that namespace; set by enter_namespace() */
	bool users_unknown;  /* names of users do not apply there; set by enter_namespace() */
	bool verbose;        /* -v was given */
	poptContext context; /* owns the words */
};

/*
 * Parses a command line. Returns true with *operands set, and then operands_free() must
 * follow. Returns false if the program is to end with *status: help was printed, or an
 * error was reported.
 */
bool options_read(const struct command *command, int argc, char **argv, void *state,
		  struct operands *operands, enum status *status);

void operands_free(struct operands *operands);

/* Refers the user to --help, and returns STATUS_USAGE. */
enum status usage_hint(void);

#endif
