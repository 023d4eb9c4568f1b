/* SPDX-License-Identifier: GPL-2.0-or-later */
/* complete_offers: offers completions of operands and of values of options. */
#ifndef VERBS_COMPLETE_OFFERS_H
#define VERBS_COMPLETE_OFFERS_H

#include <stddef.h>

#include "text/output.h"

/* A word that is being typed. */
struct typing {
	struct output *output;
	const char *before; /* the part of the word that does not change: "--owner=", "id,key," */
	size_t before_length;
	const char *typed; /* the part after it, which is completed */
	const char *ns;    /* the value of -N earlier in the command line, or NULL */
	size_t skipped;    /* number of words before the verb */
};

/* Offers a word, if it begins with what was typed. */
void offer(const struct typing *typing, const char *word, const char *meaning);

/* Offers the ids and keys of all segments, in the namespace of -N if it was given. */
void offer_segments(const struct typing *typing);

/*
 * Offers the values of an option. Its metavariable, as in --help, determines which: for
 * SIZE, say, there are none.
 */
void offer_value(const struct typing *typing, const char *metavariable);

#endif
