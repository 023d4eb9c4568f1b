/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ls_options: the options of ls. */
#ifndef VERBS_LS_OPTIONS_H
#define VERBS_LS_OPTIONS_H

#include "text/field.h"
#include "text/sort.h"
#include "text/terminal.h"
#include "verbs/common/select.h"

struct ls_options {
	struct choice choice;
	struct field_list columns;
	struct field_list added; /* fields of -o +FIELD */
	struct sort_keys sort;
	const char *view;       /* names of the columns of -t, -p or -c; NULL: the default */
	bool columns_given;     /* by -o, which then also selects the fields of JSON */
	const struct field *by; /* field of --by, or NULL */
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
	bool warn;        /* print only limits of which warn_percent is in use */
	unsigned int warn_percent;
	bool field_help;
	const char *from;
	const char *ns_path; /* a path of the namespace of -N, or NULL */
	bool verbose;
};

/* Whether to print totals of the selected segments; or the limits or totals of the system. */
bool shows_totals(const struct ls_options *options);
bool shows_system(const struct ls_options *options);

/* Reports options that cannot be combined. */
enum status check_ls_options(const struct ls_options *options);

#endif
