/* SPDX-License-Identifier: GPL-2.0-or-later */
/* complete_offers: what may stand for an operand or a value of an option. */
#ifndef VERBS_COMPLETE_OFFERS_H
#define VERBS_COMPLETE_OFFERS_H

#include <stddef.h>

#include "text/output.h"

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
void offer(const struct typing *typing, const char *word, const char *meaning);

/* Offers the ids and keys of all segments, in the namespace of -N if it was given. */
void offer_segments(const struct typing *typing);

/*
 * Offers the values of an option by its metavariable, the word that stands for
 * the value in --help: of a SIZE, say, there is nothing to offer.
 */
void offer_value(const struct typing *typing, const char *metavariable);

#endif
