/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options: command lines, by popt(3), with its traps stepped around: whatever
 * the environment says, options count wherever they stand; no configuration
 * file is read; a value is exactly what was typed; a flag takes no value.
 */
#ifndef TEXT_OPTIONS_H
#define TEXT_OPTIONS_H

#include <popt.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "text/error.h"

/* Rows of an option table. The code is what the handler gets; never 0. */
#define OPTION_FLAG(name, letter, code, help)                       \
	{                                                           \
		name, letter, POPT_ARG_NONE, NULL, code, help, NULL \
	}
/* The metavariable also says what completions offer, see complete_offers.c. */
#define OPTION_VALUE(name, letter, code, help, metavariable)                  \
	{                                                                     \
		name, letter, POPT_ARG_STRING, NULL, code, help, metavariable \
	}
#define OPTION_HIDDEN_FLAG(name, letter, code)                                                \
	{                                                                                     \
		name, letter, POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, NULL, code, NULL, NULL \
	}
/* For a value that another option's help tells of: --help has to fit a screen. */
#define OPTION_HIDDEN_VALUE(name, code)                                                       \
	{                                                                                     \
		name, '\0', POPT_ARG_STRING | POPT_ARGFLAG_DOC_HIDDEN, NULL, code, NULL, NULL \
	}
/* popt wants a pointer to data that it could write, which it never does */
#define OPTION_TABLE(table, title)                                                  \
	{                                                                           \
		NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)(table), 0, title, NULL \
	}
#define OPTION_END POPT_TABLEEND

/* Codes below are a verb's own; each shared table has its own range. */
enum {
	OPTION_CODES_FILTER = 0x1000,
	OPTION_CODES_COMMON = 0x2000,
	OPTION_CODES_GUARD = 0x3000,
};

/* An option without a value that does no more than to set a bool of the state. */
struct flag {
	int code;
	size_t member; /* offsetof() it */
};

/* What a command's operands are, for completions. */
enum operand_kind {
	OPERANDS_NONE,
	OPERANDS_SEGMENT,
	OPERANDS_SEGMENTS,
	OPERANDS_SEGMENT_COMMAND, /* a segment, then a command with its arguments */
};

/*
 * What one command takes. handle is called for each option that is not among
 * the flags, with its code and, if it has one, its value, which lives as long as
 * argv; it returns NULL, or what is wrong with the value.
 */
struct command {
	const char *usage;    /* the line behind the name: "[OPTION...] SEGMENT..." */
	const char *summary;  /* one sentence for --help */
	const char *epilogue; /* further lines for --help, or NULL */
	const struct poptOption *options;
	const struct flag *flags; /* up to one whose code is 0; or NULL */
	const char *(*handle)(void *state, int code, const char *value);
	enum operand_kind operands;
	bool options_first; /* what follows the first operand are operands, whatever they are */
};

/* The options that every command takes. */
extern const struct poptOption common_options[];

/* What is left of a command line when its options are taken. */
struct operands {
	const char **words; /* NULL-terminated */
	size_t count;
	const char *ns;      /* the value of -N, or NULL */
	pid_t ns_pid;        /* the same as a process, or 0 */
	ino_t ns_inode;      /* the same as a number, or 0 */
	char *ns_path;       /* a file that is it; set by enter_namespace() */
	bool verbose;        /* -v was given */
	poptContext context; /* holds the words */
};

/*
 * Reads the options of a command line. Returns true with *operands filled,
 * which operands_free() ends; or false when there is nothing more to do: help
 * was printed, or an error was said; then *status is the exit status.
 */
bool options_read(const struct command *command, int argc, char **argv, void *state,
		  struct operands *operands, enum status *status);

void operands_free(struct operands *operands);

/* Says that --help or the manual tells more, and returns STATUS_USAGE. */
enum status usage_hint(void);

#endif
