/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limits_text: prints the limits and their usage, for people and for programs. */
#ifndef TEXT_LIMITS_TEXT_H
#define TEXT_LIMITS_TEXT_H

#include "shm/process/namespace.h"
#include "shm/segment/limits.h"
#include "text/output.h"

/* The limits of a namespace, or the memory of the machine. */
struct limits_of {
	struct limits limits;
	const struct namespace *ns; /* NULL: the current one, which is not named */
	const char *path; /* for nsenter(1), to change them; NULL: the current namespace */
	bool machine;     /* only the memory of the machine, and what all namespaces use of it */
};

/* How to print them. */
struct limits_style {
	bool json;
	bool exact;     /* sizes in bytes */
	bool no_header; /* no line of titles */
};

/*
 * Prints ls -l for count namespaces: each limit, its usage, and how to change it. The memory
 * of a control group or the machine is printed if it was read.
 */
void print_limits(struct output *output, const struct limits_of *all, size_t count,
		  const struct limits_style *style);

/* Prints ls -u: the total of everything, and its share of the limits. */
void print_summary(struct output *output, const struct limits_of *all, size_t count,
		   const struct limits_style *style);

/*
 * Prints ls --warn: one line for each limit of which at least this many percent are in use.
 * Returns whether there is one.
 */
bool print_exceeded(struct output *output, const struct limits_of *all, size_t count,
		    unsigned int percent, const struct limits_style *style);

/* Parses a whole number from 0 to 100. Returns what is wrong with it, or NULL. */
const char *parse_percent(const char *word, unsigned int *percent);

#endif
