/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/prometheus.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text/state_names.h"
#include "text/sums.h"
#include "text/utf8.h"

/* The segments of one state and owner. */
struct group {
	const char *owner;
	enum segment_state state;
	struct sums sums;
};

static uint64_t segments_of(const struct sums *sums)
{
	return sums->segments;
}

static uint64_t size_of(const struct sums *sums)
{
	return sums->size;
}

static uint64_t rss_of(const struct sums *sums)
{
	return sums->rss;
}

static uint64_t swap_of(const struct sums *sums)
{
	return sums->swap;
}

/* The metrics of each group. */
static const struct group_metric {
	const char *name;
	const char *help;
	uint64_t (*get)(const struct sums *sums);
	bool needs_memory;
} group_metrics[] = {
	{ "shmtool_segments", "Shared memory segments.", segments_of, false },
	{ "shmtool_segment_bytes", "Size of the segments.", size_of, false },
	{ "shmtool_segment_resident_bytes", "Memory that they take.", rss_of, true },
	{ "shmtool_segment_swapped_bytes", "Swap that they take.", swap_of, true },
};

/* By the owner's name: a series must not come twice, even where two uids share a name. */
static int compare_groups(const void *left, const void *right)
{
	const struct group *a = left;
	const struct group *b = right;
	int order = a->owner == b->owner ? 0 : strcmp(a->owner, b->owner);

	return order ? order : (int)a->state - (int)b->state;
}

static struct group group_of_one(struct view *view, const struct segment *segment)
{
	struct group group = {
		.owner = name_of_user(&view->names, segment->uid),
		.state = segment->state,
	};

	sums_begin(&group.sums);
	sums_add_segment(&group.sums, segment);
	return group;
}

/* Sorts the groups and makes one of those that are alike; how many are left. */
static size_t merge_groups(struct group *groups, size_t count)
{
	size_t merged = 0;

	qsort(groups, count, sizeof(*groups), compare_groups);
	for (size_t i = 0; i < count; i++) {
		if (merged && compare_groups(&groups[merged - 1], &groups[i]) == 0)
			sums_add(&groups[merged - 1].sums, &groups[i].sums);
		else
			groups[merged++] = groups[i];
	}
	return merged;
}

static void print_head(struct output *output, const char *name, const char *help)
{
	output_format(output, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* Valid UTF-8 with these three escaped: with anything else the whole file is refused. */
static void print_label_value(struct output *output, const char *text)
{
	while (*text) {
		size_t length = utf8_length(text);

		if (*text == '\n')
			output_text(output, "\\n");
		else if (*text == '"' || *text == '\\')
			output_format(output, "\\%c", *text);
		else if (length)
			output_bytes(output, text, length);
		else
			output_text(output, REPLACEMENT_CHARACTER);
		text += length ? length : 1;
	}
}

static void print_group_metric(struct output *output, const struct group_metric *metric,
			       const struct group *groups, size_t count)
{
	print_head(output, metric->name, metric->help);
	for (size_t i = 0; i < count; i++) {
		if (metric->needs_memory && !groups[i].sums.memory_known)
			continue;
		output_format(output, "%s{state=\"%s\",owner=\"", metric->name,
			      state_name(groups[i].state));
		print_label_value(output, groups[i].owner);
		output_format(output, "\"} %" PRIu64 "\n", metric->get(&groups[i].sums));
	}
}

/* Limits may be none at all. */
static void print_figure(struct output *output, const char *name, const char *help, uint64_t value)
{
	print_head(output, name, help);
	if (limit_is_none(value))
		output_format(output, "%s +Inf\n", name);
	else
		output_format(output, "%s %" PRIu64 "\n", name, value);
}

static uint64_t bytes_of_pages(const struct limits *limits, uint64_t pages)
{
	uint64_t bytes;

	return __builtin_mul_overflow(pages, limits->page, &bytes) ? UINT64_MAX : bytes;
}

static void print_figures(struct output *output, const struct limits *limits, int64_t now)
{
	const struct {
		const char *name;
		const char *help;
		uint64_t value;
	} figures[] = {
		{ "shmtool_limit_segments", "How many segments there may be (shmmni).",
		  limits->shmmni },
		{ "shmtool_limit_bytes", "How large all may be together (shmall).",
		  bytes_of_pages(limits, limits->shmall) },
		{ "shmtool_limit_segment_bytes", "How large one may be (shmmax).", limits->shmmax },
		{ "shmtool_used_segments", "How many there are, whatever the filters.",
		  limits->segments },
		{ "shmtool_used_bytes", "How large all are together, whatever the filters.",
		  bytes_of_pages(limits, limits->pages) },
		{ "shmtool_run_timestamp_seconds", "When this was found out.", (uint64_t)now },
	};

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		print_figure(output, figures[i].name, figures[i].help, figures[i].value);
}

enum status print_prometheus(struct output *output, struct view *view,
			     const struct segment *segments, size_t count,
			     const struct limits *limits)
{
	struct group *groups = calloc(count + 1, sizeof(*groups));

	if (!groups)
		return fail(STATUS_EXHAUSTED, "cannot add the segments up: not enough memory");
	for (size_t i = 0; i < count; i++)
		groups[i] = group_of_one(view, &segments[i]);
	count = merge_groups(groups, count);
	for (size_t i = 0; i < sizeof(group_metrics) / sizeof(group_metrics[0]); i++)
		print_group_metric(output, &group_metrics[i], groups, count);
	print_figures(output, limits, view->judge->now);
	free(groups);
	return STATUS_DONE;
}
