/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/ls_options.h"

bool shows_totals(const struct ls_options *options)
{
	const struct choice *choice = &options->choice;

	if (options->by || !options->summary)
		return options->by;
	return choice->named.count || filter_given(&choice->filter) ||
	       filter_has_exceptions(&choice->filter) || options->from || options->fail_empty;
}

bool shows_system(const struct ls_options *options)
{
	return options->limits || (options->summary && !shows_totals(options));
}

/* The options that were given, as bits: only those that restrict other options. */
enum given {
	GIVEN_JSON = 1 << 0,
	GIVEN_RAW = 1 << 1,
	GIVEN_QUIET = 1 << 2,
	GIVEN_FORMAT = 1 << 3,
	GIVEN_PROMETHEUS = 1 << 4,
	GIVEN_OUTPUT = 1 << 5,
	GIVEN_VIEW = 1 << 6, /* -t, -p or -c */
	GIVEN_SORT = 1 << 7,
	GIVEN_FROM = 1 << 8,
	GIVEN_NUMERIC = 1 << 9,
	GIVEN_COLOR = 1 << 10,
	GIVEN_FAIL_EMPTY = 1 << 11,
	GIVEN_LIMITS = 1 << 12, /* or --warn */
	GIVEN_TOTALS = 1 << 13, /* -u or --by */
	GIVEN_FOLLOW = 1 << 14,
	GIVEN_ALL_NAMESPACES = 1 << 15,
	GIVEN_CHOICE = 1 << 16, /* segments, filters or exceptions */
};

static const struct conflict {
	unsigned int options; /* any of these options */
	unsigned int others;  /* cannot be combined with any of these */
	const char *message;
} conflicts[] = {
	{ GIVEN_PROMETHEUS,
	  GIVEN_JSON | GIVEN_RAW | GIVEN_QUIET | GIVEN_FORMAT | GIVEN_OUTPUT | GIVEN_SORT |
		  GIVEN_FROM | GIVEN_NUMERIC | GIVEN_LIMITS | GIVEN_TOTALS,
	  "--prometheus can only be combined with SEGMENTs, filters, -A and -N" },
	{ GIVEN_ALL_NAMESPACES, GIVEN_QUIET | GIVEN_FROM,
	  "--all-namespaces (-A) cannot be combined with -q or --from" },
	{ GIVEN_LIMITS, GIVEN_TOTALS, "-l and --warn cannot be combined with -u or --by" },
	{ GIVEN_LIMITS, GIVEN_CHOICE | GIVEN_FROM | GIVEN_FAIL_EMPTY,
	  "-l and --warn cannot be combined with SEGMENTs, filters, --from or --fail-empty" },
	{ GIVEN_LIMITS | GIVEN_TOTALS,
	  GIVEN_RAW | GIVEN_QUIET | GIVEN_FORMAT | GIVEN_OUTPUT | GIVEN_SORT,
	  "-l, -u, --by and --warn cannot be combined with -r, -q, -o, --format or --sort" },
	{ GIVEN_FOLLOW,
	  GIVEN_LIMITS | GIVEN_TOTALS | GIVEN_FROM | GIVEN_RAW | GIVEN_QUIET | GIVEN_FORMAT |
		  GIVEN_PROMETHEUS | GIVEN_SORT | GIVEN_FAIL_EMPTY | GIVEN_VIEW | GIVEN_COLOR,
	  "--follow can only be combined with SEGMENTs, filters, --interval, -J, -v, -A and -N" },
};

static unsigned int options_given(const struct ls_options *options)
{
	const struct choice *choice = &options->choice;
	const bool chosen = choice->named.count || filter_given(&choice->filter) ||
			    filter_has_exceptions(&choice->filter);
	const bool output = options->columns_given || options->added.count;

	return (options->json ? GIVEN_JSON : 0U) | (options->raw ? GIVEN_RAW : 0U) |
	       (options->quiet ? GIVEN_QUIET : 0U) | (options->format ? GIVEN_FORMAT : 0U) |
	       (options->prometheus ? GIVEN_PROMETHEUS : 0U) | (output ? GIVEN_OUTPUT : 0U) |
	       (options->view ? GIVEN_VIEW : 0U) | (options->sort.count ? GIVEN_SORT : 0U) |
	       (options->from ? GIVEN_FROM : 0U) | (options->numeric ? GIVEN_NUMERIC : 0U) |
	       (options->color == COLOR_ALWAYS ? GIVEN_COLOR : 0U) |
	       (options->fail_empty ? GIVEN_FAIL_EMPTY : 0U) |
	       (options->limits ? GIVEN_LIMITS : 0U) |
	       (options->summary || options->by ? GIVEN_TOTALS : 0U) |
	       (options->follow ? GIVEN_FOLLOW : 0U) |
	       (choice->filter.all_namespaces ? GIVEN_ALL_NAMESPACES : 0U) |
	       (chosen ? GIVEN_CHOICE : 0U);
}

enum status check_ls_options(const struct ls_options *options)
{
	const unsigned int given = options_given(options);

	if (options->json + options->raw + options->quiet + (options->format != NULL) > 1)
		return fail(STATUS_USAGE, "only one of -J, -r, -q and --format may be given");
	if (options->interval && !options->follow)
		return fail(STATUS_USAGE, "--interval requires --follow");
	if (options->follow && given & GIVEN_OUTPUT && !options->json)
		return fail(STATUS_USAGE, "with --follow, -o requires -J");
	for (size_t i = 0; i < sizeof(conflicts) / sizeof(conflicts[0]); i++) {
		if (given & conflicts[i].options && given & conflicts[i].others)
			return fail(STATUS_USAGE, "%s", conflicts[i].message);
	}
	return STATUS_DONE;
}
