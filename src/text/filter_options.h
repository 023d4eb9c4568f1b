/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filter_options: the options that make a filter. */
#ifndef TEXT_FILTER_OPTIONS_H
#define TEXT_FILTER_OPTIONS_H

#include "text/filter.h"
#include "text/options.h"

/* The filters, for the option table of a verb; set has another --group and another --mode. */
extern const struct poptOption filter_options[];
extern const struct poptOption filter_options_of_set[];
#define FILTER_TITLE "Filters (a segment must match every kind given):"

/*
 * The modifiers, as far as a verb takes them: -A acts in ls and rm, and
 * --even-attached in rm. The others know them without listing them: -A is
 * refused there, and --even-attached changes nothing, so that the filters of an
 * rm line can be tried as they are.
 */
extern const struct poptOption modifier_options[];
extern const struct poptOption modifier_options_of_ls[];
extern const struct poptOption modifier_options_of_rm[];
#define MODIFIER_TITLE "Modifiers (select nothing by themselves):"

/* Handles an option of these tables; what is wrong with the value, or NULL. */
const char *filter_option(struct filter *filter, int code, const char *value);

/* Remembers that the ftok path of this word could not be resolved, to be reported later. */
void filter_note_path(struct filter *filter, const char *word, int error);

/* What is wrong with the filters together (--all with another), or NULL. */
const char *filter_check(const struct filter *filter);

#endif
