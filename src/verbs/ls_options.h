/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ls_options: what the command line of ls asks for. */
#ifndef VERBS_LS_OPTIONS_H
#define VERBS_LS_OPTIONS_H

#include "text/field.h"
#include "text/sort.h"
#include "text/terminal.h"
#include "verbs/common/select.h"

struct ls_options {
	struct choice choice;
	struct field_list columns;
	struct field_list added; /* by -o +FIELD */
	struct sort_keys sort;
	const char *view;       /* the names of the columns of -t, -p or -c; NULL: the default */
	bool columns_given;     /* by -o, which then bounds JSON too */
	const struct field *by; /* whose values totals are for, or NULL */
	bool json;
	bool raw;
	bool quiet;
	bool prometheus;
	const char *format;
	bool bytes;
	bool numeric;
	enum time_format times;
	enum color_choice color;
	bool no_header;
	bool fail_empty;
	bool limits;
	bool summary;
	bool follow;
	int64_t interval; /* milliseconds; 0: not given */
	bool warn;        /* of the limits, those with so much in use */
	unsigned int warn_percent;
	bool field_help;
	const char *from;
	const char *ns;      /* of -N */
	const char *ns_path; /* the same as a file */
	bool verbose;
};

/* Whether it prints totals of the segments chosen, or the limits or totals of the whole system. */
bool shows_totals(const struct ls_options *options);
bool shows_system(const struct ls_options *options);

/* Reports options that cannot be combined. */
enum status check_ls_options(const struct ls_options *options);

#endif
