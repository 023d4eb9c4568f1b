/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/ls_limits.h"

#include <stdio.h>
#include <stdlib.h>

#include "text/limits_text.h"
#include "verbs/common/namespaces.h"

enum status read_limits(struct limits *limits)
{
	int error = limits_read(limits);

	if (!error)
		return STATUS_DONE;
	return fail(status_of_segment(error), "cannot read the limits: %s",
		    reason_of_segment(error));
}

static enum status print_those(struct output *output, const struct ls_options *options,
			       const struct limits_of *all, size_t count)
{
	const struct limits_style style = {
		.json = options->json,
		.exact = options->bytes,
		.no_header = options->no_header,
	};

	if (options->warn)
		return print_exceeded(output, all, count, options->warn_percent, &style)
			       ? STATUS_NO
			       : STATUS_DONE;
	if (options->limits)
		print_limits(output, all, count, &style);
	else
		print_summary(output, all, count, &style);
	return STATUS_DONE;
}

static enum status print_everywhere(struct output *output, const struct ls_options *options)
{
	struct namespaces found = { 0 };
	struct limits_of *all;
	size_t count;
	enum status status = all_namespaces_limits(&found, &options->choice.filter, &all, &count);

	if (all)
		status_keep_first(&status, print_those(output, options, all, count));
	free(all);
	namespaces_free(&found);
	return status;
}

enum status print_limits_of_system(struct output *output, const struct ls_options *options)
{
	struct limits_of here = { .path = options->ns_path };
	enum status status;

	if (options->choice.filter.all_namespaces)
		return print_everywhere(output, options);
	status = read_limits(&here.limits);
	return status ? status : print_those(output, options, &here, 1);
}
