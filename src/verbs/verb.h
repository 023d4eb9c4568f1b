/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verb: the commands of shmtool. Each is defined in the file of its name in this directory. */
#ifndef VERBS_VERB_H
#define VERBS_VERB_H

#include "text/error.h"
#include "text/options.h"

struct verb {
	const char *name;
	struct command command;
	/* Runs the verb. argv[0] is "shmtool NAME". Returns the exit status. */
	enum status (*run)(int argc, char **argv);
};

extern const struct verb verb_create;
extern const struct verb verb_attach;
extern const struct verb verb_read;
extern const struct verb verb_write;
extern const struct verb verb_stat;
extern const struct verb verb_set;
extern const struct verb verb_rm;
extern const struct verb verb_ls;

/* The names of the conditions of stat --wait. The list ends with NULL. */
extern const char *const stat_conditions[];

#endif
