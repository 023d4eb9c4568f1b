/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filter_options: the options of filters and modifiers. */
#ifndef TEXT_FILTER_OPTIONS_H
#define TEXT_FILTER_OPTIONS_H

#include "text/filter.h"
#include "text/options.h"

/* The filters. set lacks --group and --mode: there, these options change segments. */
extern const struct poptOption filter_options[];
extern const struct poptOption filter_options_of_set[];
#define FILTER_TITLE "Filters (a segment must match every kind given):"

/*
 * The modifiers that each verb lists in its help. Verbs also accept those that they do
 * not list: --even-attached has no effect outside of rm, so that the filters of an rm
 * command line can be tried unchanged; -A is refused with a clear message.
 */
extern const struct poptOption modifier_options[];
extern const struct poptOption modifier_options_of_ls[];
extern const struct poptOption modifier_options_of_rm[];
#define MODIFIER_TITLE "Modifiers (select nothing by themselves):"

/* Handles an option of these tables. Returns what is wrong with the value, or NULL. */
const char *filter_option(struct filter *filter, int code, const char *value);

/* Notes that the ftok path in this argument could not be resolved, to be reported later. */
void filter_note_path(struct filter *filter, const char *word, int error);

/* Returns what is wrong with the combination of filters (--all with another), or NULL. */
const char *filter_check(const struct filter *filter);

#endif
