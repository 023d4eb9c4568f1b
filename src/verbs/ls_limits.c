/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/ls_limits.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/system/cgroup.h"
#include "text/limits_text.h"
#include "verbs/common/namespaces.h"

/* Reads the limit of the control group of PID, if the namespace file is /proc/PID/ns/ipc. */
static void read_cgroup_of(struct limits *limits, const char *ns_path)
{
	static const char name[] = "/ns/ipc";
	struct cgroup_memory memory;
	char path[PATH_MAX];
	size_t length = strlen(ns_path);

	if (strncmp(ns_path, "/proc/", 6) != 0 || length < sizeof(name) ||
	    strcmp(ns_path + length - strlen(name), name) != 0)
		return;
	snprintf(path, sizeof(path), "%.*s/cgroup", (int)(length - strlen(name)), ns_path);
	cgroup_memory_read(path, &memory);
	limits_set_cgroup(limits, &memory);
}

enum status read_limits(struct limits *limits, const char *ns_path)
{
	int error = limits_read(limits);

	if (error)
		return fail(status_of_segment(error), "cannot read the limits: %s",
			    reason_of_segment(error));
	read_cgroup_of(limits, ns_path ? ns_path : "/proc/self/ns/ipc");
	return STATUS_DONE;
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

/* Adds an entry for the memory of the machine. Returns the new number of entries. */
static size_t add_machine(struct limits_of *all, size_t count)
{
	struct limits_of *of = &all[count];

	*of = (struct limits_of){ .machine = true };
	for (size_t i = 0; i < count; i++)
		limits_add_use(&of->limits, &all[i].limits);
	limits_read_machine(&of->limits);
	return count + 1;
}

static enum status print_everywhere(struct output *output, const struct ls_options *options)
{
	struct namespaces found = { .with_names = true, .with_limits = true };
	struct namespaces excepted = { 0 };
	struct scan_losses losses = { 0 };
	struct listing list = { 0 };
	struct limits_of *all = NULL;
	enum status missing = STATUS_DONE;
	size_t count;
	enum status status = open_excepted(&excepted, &options->choice.filter);

	if (!status)
		status = all_namespaces_read(&found, &list, &excepted, false, &losses, &missing);
	if (!status) {
		all = namespaces_limits(&found, &count);
		status = all ? missing : STATUS_EXHAUSTED;
	}
	if (all && options->limits)
		count = add_machine(all, count);
	if (all)
		status_keep_first(&status, print_those(output, options, all, count));
	free(all);
	listing_free(&list);
	scan_losses_free(&losses);
	namespaces_free(&excepted);
	namespaces_free(&found);
	return status;
}

enum status print_limits_of_system(struct output *output, const struct ls_options *options)
{
	struct limits_of here = { .path = options->ns_path };
	enum status status;

	if (options->choice.filter.all_namespaces)
		return print_everywhere(output, options);
	status = read_limits(&here.limits, options->ns_path);
	limits_read_machine(&here.limits);
	return status ? status : print_those(output, options, &here, 1);
}
