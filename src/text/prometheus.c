/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/prometheus.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "text/escape.h"
#include "text/state_names.h"
#include "text/sums.h"
#include "text/utf8.h"

/* The segments of one state and owner. */
struct group {
	const struct namespace *ns; /* with -A; otherwise NULL */
	const char *owner;
	enum segment_state state;
	struct sums sums;
};

/* The number at an offset in struct sums or struct limits. */
static uint64_t number_at(const void *data, size_t place)
{
	uint64_t number;

	memcpy(&number, (const char *)data + place, sizeof(number));
	return number;
}

#define SUM(member) offsetof(struct sums, member)

/* The metrics of each group. */
static const struct group_metric {
	const char *name;
	const char *help;
	size_t place; /* offset in struct sums */
	bool needs_memory;
} group_metrics[] = {
	{ "shmtool_segments", "Shared memory segments.", SUM(segments), false },
	{ "shmtool_segment_bytes", "Size of the segments.", SUM(size), false },
	{ "shmtool_segment_resident_bytes", "Resident memory of the segments.", SUM(rss), true },
	{ "shmtool_segment_swapped_bytes", "Swap used by the segments.", SUM(swap), true },
};

static ino_t number_of(const struct namespace *ns)
{
	return ns ? ns->inode : 0;
}

/* Compares owners by name: two uids may share a name, but a series must not appear twice. */
static int compare_groups(const void *left, const void *right)
{
	const struct group *a = left;
	const struct group *b = right;
	int order = a->owner == b->owner ? 0 : strcmp(a->owner, b->owner);

	if (number_of(a->ns) != number_of(b->ns))
		return number_of(a->ns) < number_of(b->ns) ? -1 : 1;
	return order ? order : (int)a->state - (int)b->state;
}

static struct group group_of_one(struct view *view, const struct segment *segment)
{
	struct group group = {
		.ns = segment->ns,
		.owner = user_of_segment(view, segment, segment->uid),
		.state = segment->state,
	};

	sums_add_segment(&group.sums, segment);
	return group;
}

/* Sorts the groups and merges equal ones. Returns how many remain. */
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

/* Ends a line. */
static void print_value(struct output *output, const char *before, uint64_t value)
{
	output_text(output, before);
	output_number(output, value);
	output_char(output, '\n');
}

static void print_bytes_in_hex(struct output *output, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		output_format(output, "\\\\x%02x", (unsigned char)text[i]);
}

/*
 * Prints valid UTF-8 with \, " and newline escaped: Prometheus rejects the file otherwise.
 * What must not reach a terminal is printed as everywhere, with \ escaped.
 */
static void print_label_value(struct output *output, const char *text)
{
	while (*text) {
		size_t length = plain_length(text);

		if (length) {
			output_bytes(output, text, length);
			text += length;
			continue;
		}
		length = utf8_length(text);
		if (*text == '\n')
			output_text(output, "\\n");
		else if (*text == '"' || *text == '\\')
			output_format(output, "\\%c", *text);
		else if (length && control_length(text))
			print_bytes_in_hex(output, text, length);
		else if (length)
			output_bytes(output, text, length);
		else
			output_text(output, REPLACEMENT_CHARACTER);
		text += length ? length : 1;
	}
}

static void print_namespace(struct output *output, const struct namespace *ns)
{
	output_text(output, "ns=\"");
	output_number(output, ns->inode);
	output_text(output, "\",ns_name=\"");
	print_label_value(output, ns->name);
	output_char(output, '"');
}

static void print_group_metric(struct output *output, const struct group_metric *metric,
			       const struct group *groups, size_t count)
{
	print_head(output, metric->name, metric->help);
	for (size_t i = 0; i < count; i++) {
		if (metric->needs_memory && groups[i].sums.memory_unknown)
			continue;
		output_text(output, metric->name);
		output_text(output, "{state=\"");
		output_text(output, state_name(groups[i].state));
		output_text(output, "\",owner=\"");
		print_label_value(output, groups[i].owner);
		output_char(output, '"');
		if (groups[i].ns) {
			output_char(output, ',');
			print_namespace(output, groups[i].ns);
		}
		print_value(output, "} ", number_at(&groups[i].sums, metric->place));
	}
}

enum unit { PLAIN, PAGES, OF_CGROUP };

#define LIMIT(member) offsetof(struct limits, member)

/* The metrics of each namespace. */
static const struct limit_metric {
	const char *name;
	const char *help;
	size_t place; /* offset in struct limits */
	enum unit unit;
	enum {
		IS_LIMIT, /* may be unlimited */
		IS_USE,
		MAY_LACK, /* no line if it is LIMITS_UNKNOWN */
	} kind;
} limit_metrics[] = {
	{ "shmtool_limit_segments", "Maximum number of segments (shmmni).", LIMIT(shmmni), PLAIN,
	  IS_LIMIT },
	{ "shmtool_limit_bytes", "Maximum total size (shmall).", LIMIT(shmall), PAGES, IS_LIMIT },
	{ "shmtool_limit_segment_bytes", "Maximum size of one segment (shmmax).", LIMIT(shmmax),
	  PLAIN, IS_LIMIT },
	{ "shmtool_limit_cgroup_bytes", "Memory limit of the control group.", LIMIT(cgroup),
	  OF_CGROUP, MAY_LACK },
	{ "shmtool_used_segments", "Number of segments, regardless of filters.", LIMIT(segments),
	  PLAIN, IS_USE },
	{ "shmtool_used_bytes", "Total size of all segments, regardless of filters.", LIMIT(pages),
	  PAGES, IS_USE },
	{ "shmtool_used_resident_bytes", "Resident memory of all segments, regardless of filters.",
	  LIMIT(ram_used), PLAIN, MAY_LACK },
	{ "shmtool_used_swapped_bytes", "Swap used by all segments, regardless of filters.",
	  LIMIT(swap_used), PLAIN, MAY_LACK },
	{ "shmtool_used_cgroup_bytes", "Memory of the control group that all segments use at most.",
	  LIMIT(cgroup_used), OF_CGROUP, MAY_LACK },
};

/* The value of a metric; a number of pages as bytes. */
static uint64_t limit_value(const struct limit_metric *metric, const struct limits *limits)
{
	uint64_t value = number_at(limits, metric->place);
	uint64_t bytes;

	if (metric->unit == OF_CGROUP && !limits->cgroup)
		return LIMITS_UNKNOWN;
	if (metric->unit != PAGES)
		return value;
	return __builtin_mul_overflow(value, limits->page, &bytes) ? UINT64_MAX : bytes;
}

/* Prints a value, or +Inf if it is unlimited. */
static void print_limit_metric(struct output *output, const struct limit_metric *metric,
			       const struct limits_of *limits, size_t count)
{
	print_head(output, metric->name, metric->help);
	for (size_t i = 0; i < count; i++) {
		uint64_t value = limit_value(metric, &limits[i].limits);

		if (metric->kind == MAY_LACK && value == LIMITS_UNKNOWN)
			continue;
		output_text(output, metric->name);
		if (limits[i].ns) {
			output_char(output, '{');
			print_namespace(output, limits[i].ns);
			output_char(output, '}');
		}
		if (metric->kind == IS_LIMIT && limit_is_none(value))
			output_text(output, " +Inf\n");
		else
			print_value(output, " ", value);
	}
}

/* A metric without labels, of the whole machine. */
static void print_single(struct output *output, const char *name, const char *help, uint64_t value)
{
	print_head(output, name, help);
	output_text(output, name);
	print_value(output, " ", value);
}

static void print_machine(struct output *output, int64_t now)
{
	struct limits machine = { 0 };

	limits_read_machine(&machine);
	print_single(output, "shmtool_limit_ram_bytes", "RAM of the machine.", machine.ram);
	print_single(output, "shmtool_limit_swap_bytes", "Swap of the machine.", machine.swap);
	print_single(output, "shmtool_run_timestamp_seconds", "Time of this measurement.",
		     (uint64_t)now);
}

enum status print_prometheus(struct output *output, struct view *view,
			     const struct segment *segments, size_t count,
			     const struct limits_of *limits, size_t limits_count)
{
	struct group *groups = calloc(count + 1, sizeof(*groups));

	if (!groups)
		return fail(STATUS_EXHAUSTED, "cannot total the segments: not enough memory");
	for (size_t i = 0; i < count; i++)
		groups[i] = group_of_one(view, &segments[i]);
	count = merge_groups(groups, count);
	for (size_t i = 0; i < sizeof(group_metrics) / sizeof(group_metrics[0]); i++)
		print_group_metric(output, &group_metrics[i], groups, count);
	for (size_t i = 0; i < sizeof(limit_metrics) / sizeof(limit_metrics[0]); i++)
		print_limit_metric(output, &limit_metrics[i], limits, limits_count);
	print_machine(output, view->judge->now);
	free(groups);
	return STATUS_DONE;
}
