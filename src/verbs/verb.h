/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verb: what each file of this folder defines, one verb each. */
#ifndef VERBS_VERB_H
#define VERBS_VERB_H

#include "text/error.h"
#include "text/options.h"

struct verb {
	const char *name;
	struct command command;
	/* argv[0] is "shmtool NAME" */
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

/* What stat --wait waits for, and NULL. */
extern const char *const stat_conditions[];

#endif
