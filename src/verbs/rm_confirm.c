/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/rm_confirm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verbs/rm_removal.h"

/* Reads a line; only "y" and "yes" mean yes, and the end of the input means no. */
static bool answer_is_yes(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length = getline(&line, &size, stdin);
	bool yes;

	if (length > 0 && line[length - 1] == '\n')
		line[--length] = '\0';
	yes = length > 0 && (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0);
	/* after Ctrl-D the cursor is still on the line of the question */
	if (length < 0)
		fputc('\n', stderr);
	free(line);
	return yes;
}

static bool ask(const struct report *report)
{
	const size_t marked = report->done - report->count;

	if (!report->count)
		fprintf(stderr, "shmtool rm: mark %s for removal? [y/N] ",
			marked == 1 ? "this segment" : "these segments");
	else
		fprintf(stderr, "shmtool rm: remove%s %s? [y/N] ", marked ? " or mark" : "",
			report->done == 1 ? "this segment" : "these segments");
	fflush(stderr);
	if (answer_is_yes())
		return true;
	note("nothing was removed");
	return false;
}

/* Keeps of the selection what was printed, or nothing. Missing segments have been reported. */
static void keep_shown(struct selection *selection, const struct report *report, bool yes)
{
	struct listing *list = &selection->list;

	list->count = yes ? report->done : 0;
	for (size_t i = 0; i < list->count; i++)
		list->items[i] = *report->removed[i];
	selection->missing = STATUS_DONE;
}

void confirm_removal(struct report *report, struct selection *selection)
{
	const struct rm_options *options = report->options;
	struct rm_options trial = *options;
	bool yes;

	trial.dry_run = true;
	report->options = &trial;
	remove_chosen(report, selection);
	report_total(report);
	output_flush(&report->output);
	report_denied(report);
	report->denied = 0;
	yes = report->done && !report->output.error && ask(report);
	/* the question has already reported what was skipped */
	if (report->done && !yes)
		report->skipped = 0;
	keep_shown(selection, report, yes);
	report->options = options;
	report->done = report->written = report->count = report->namespaces = 0;
	report->bytes = 0;
	report->last_namespace = NULL;
}
