/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limits_text: what the kernel allows and what is in use, as people and programs read it. */
#ifndef TEXT_LIMITS_TEXT_H
#define TEXT_LIMITS_TEXT_H

#include "shm/process/namespace.h"
#include "shm/segment/limits.h"
#include "text/output.h"

/* The limits, and where they are those of. */
struct limits_of {
	struct limits limits;
	const struct namespace *ns; /* NULL: the current one, which is not named */
	const char *path; /* what nsenter(1) takes to change them; NULL: they are our own */
	bool machine;     /* only the memory of the machine, and what all namespaces use of it */
};

/* How to print them. */
struct limits_style {
	bool json;
	bool exact;     /* sizes in bytes */
	bool no_header; /* no line of titles */
};

/*
 * ls -l, of so many namespaces: each limit with what is in use of it, and what
 * changes it. Memory is shown where it was read: of the control group, of the machine.
 */
void print_limits(struct output *output, const struct limits_of *all, size_t count,
		  const struct limits_style *style);

/* ls -u: how much there is of all, and how much of its limit that is. */
void print_summary(struct output *output, const struct limits_of *all, size_t count,
		   const struct limits_style *style);

/*
 * ls --warn: only the limits of which so many percent or more are in use, one
 * line each. Returns whether there was one.
 */
bool print_exceeded(struct output *output, const struct limits_of *all, size_t count,
		    unsigned int percent, const struct limits_style *style);

/* A whole number of percent, 0 to 100; what is wrong, or NULL. */
const char *parse_percent(const char *word, unsigned int *percent);

#endif
