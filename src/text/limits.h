/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limits: what the kernel allows and what is in use, as people and programs read it. */
#ifndef TEXT_LIMITS_H
#define TEXT_LIMITS_H

#include "shm/limits.h"
#include "text/output.h"

enum limits_form {
	LIMITS_TABLE,
	LIMITS_JSON,
};

/* How to print them. */
struct limits_style {
	enum limits_form form;
	bool exact;     /* sizes in bytes */
	bool no_header; /* no line of titles */
};

/* ls -l: each limit with what is in use of it. */
void print_limits(struct output *output, const struct limits *limits,
		  const struct limits_style *style);

/* ls -u: how much there is of all. */
void print_summary(struct output *output, const struct limits *limits,
		   const struct limits_style *style);

#endif
