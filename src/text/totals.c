/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/totals.h"

#include <stdlib.h>
#include <string.h>

#include "text/escape.h"
#include "text/json.h"
#include "text/segment_json.h"
#include "text/sums.h"
#include "text/utf8.h"

/* The segments with the same value. */
struct total {
	struct value value;
	const struct segment *first;
	struct sums sums;
};

struct totals {
	struct total *items;
	size_t count;
};

/* Compares values, so that sorting makes equal ones adjacent. */
static int compare_by_value(const void *left, const void *right)
{
	const struct total *a = left;
	const struct total *b = right;
	int order = compare_values(&a->value, &b->value);

	/* compare_values() compares only the numbers of processes, which may be reused */
	if (!order && a->value.kind == VALUE_PROCESS)
		order = strcmp(a->value.text, b->value.text);
	/* and how many attachments there are, not of which processes */
	if (!order && a->value.kind == VALUE_HOLDERS)
		order = strcmp(holders_in_full(&a->value), holders_in_full(&b->value));
	return order;
}

static int compare_by_size(const void *left, const void *right)
{
	const struct total *a = left;
	const struct total *b = right;

	if (a->sums.size != b->sums.size)
		return a->sums.size < b->sums.size ? 1 : -1;
	return compare_by_value(left, right);
}

/* Makes one total for each segment, sorts them, and merges those with equal values. */
static void make_totals(struct totals *totals, struct view *view, const struct field *by,
			const struct segment *segments, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct total *total = &totals->items[i];

		total->first = &segments[i];
		total->value = by->get(view, &segments[i]);
		sums_add_segment(&total->sums, &segments[i]);
	}
	qsort(totals->items, count, sizeof(*totals->items), compare_by_value);
	for (size_t i = 0; i < count; i++) {
		struct total *last = &totals->items[totals->count - (totals->count > 0)];

		if (totals->count && compare_by_value(last, &totals->items[i]) == 0)
			sums_add(&last->sums, &totals->items[i].sums);
		else
			totals->items[totals->count++] = totals->items[i];
	}
	qsort(totals->items, totals->count, sizeof(*totals->items), compare_by_size);
}

static void make_one(struct totals *totals, const struct segment *segments, size_t count)
{
	totals->count = 1;
	for (size_t i = 0; i < count; i++)
		sums_add_segment(&totals->items[0].sums, &segments[i]);
}

static enum status read_totals(struct totals *totals, struct view *view, const struct field *by,
			       const struct segment *segments, size_t count)
{
	*totals = (struct totals){ .items = calloc(count + 1, sizeof(*totals->items)) };
	if (!totals->items)
		return fail(STATUS_EXHAUSTED, "cannot total the segments: not enough memory");
	if (by)
		make_totals(totals, view, by, segments, count);
	else
		make_one(totals, segments, count);
	return STATUS_DONE;
}

/* The columns of a line: first the value (none if the line is for all segments), then numbers. */
enum { NUMBER_COLUMNS = 4, VALUE_SIZE_MAX = 256 };

struct row {
	char value[VALUE_SIZE_MAX];
	char numbers[NUMBER_COLUMNS][UNIT_TEXT_SIZE];
};

static void bytes_text(char text[UNIT_TEXT_SIZE], const struct view *view, uint64_t bytes)
{
	if (view->exact)
		number_text(text, bytes);
	else
		size_text(text, bytes);
}

static struct row row_of(const struct view *view, const struct total *total)
{
	struct row row = { .numbers = { "", "", "-", "-" } };
	char buffer[VALUE_TEXT_SIZE];

	if (total->first)
		escape_controls(row.value, sizeof(row.value),
				value_for_people(view, &total->value, buffer));
	number_text(row.numbers[0], total->sums.segments);
	bytes_text(row.numbers[1], view, total->sums.size);
	if (!total->sums.memory_unknown) {
		bytes_text(row.numbers[2], view, total->sums.rss);
		bytes_text(row.numbers[3], view, total->sums.swap);
	}
	return row;
}

struct widths {
	size_t value;
	size_t numbers[NUMBER_COLUMNS];
};

static void widen(struct widths *widths, const struct row *row)
{
	size_t width = utf8_width(row->value, strlen(row->value));

	if (width > widths->value)
		widths->value = width;
	for (size_t i = 0; i < NUMBER_COLUMNS; i++) {
		if (strlen(row->numbers[i]) > widths->numbers[i])
			widths->numbers[i] = strlen(row->numbers[i]);
	}
}

static void print_row(struct output *output, const struct widths *widths, const struct field *by,
		      const struct row *row)
{
	int padding = (int)(widths->value - utf8_width(row->value, strlen(row->value)));

	if (by && by->to_the_right)
		output_format(output, "%*s%s  ", padding, "", row->value);
	else if (by)
		output_format(output, "%s%*s  ", row->value, padding, "");
	for (size_t i = 0; i < NUMBER_COLUMNS; i++)
		output_format(output, "%*s%s", (int)widths->numbers[i], row->numbers[i],
			      i + 1 < NUMBER_COLUMNS ? "  " : "\n");
}

enum status print_totals(struct output *output, struct view *view, const struct field *by,
			 const struct segment *segments, size_t count, bool header)
{
	struct row titles = { .numbers = { "SEGMENTS", "SIZE", "RSS", "SWAP" } };
	struct widths widths = { 0 };
	struct totals totals;
	enum status status = read_totals(&totals, view, by, segments, count);

	if (by)
		escape_controls(titles.value, sizeof(titles.value), by->title);
	if (header)
		widen(&widths, &titles);
	for (size_t i = 0; i < totals.count; i++) {
		const struct row row = row_of(view, &totals.items[i]);

		widen(&widths, &row);
	}
	if (header && !status)
		print_row(output, &widths, by, &titles);
	for (size_t i = 0; i < totals.count; i++) {
		const struct row row = row_of(view, &totals.items[i]);

		print_row(output, &widths, by, &row);
	}
	free(totals.items);
	return status;
}

enum status print_totals_json(struct output *output, struct view *view, const struct field *by,
			      const struct segment *segments, size_t count)
{
	struct totals totals;
	enum status status = read_totals(&totals, view, by, segments, count);

	if (status)
		return status;
	json_begin(output, "totals");
	for (size_t i = 0; i < totals.count; i++) {
		const struct sums *sums = &totals.items[i].sums;

		json_separate(output, i);
		output_char(output, '{');
		if (by) {
			output_format(output, "\"by\":\"%s\",\"value\":", by->name);
			json_field(output, view, by, totals.items[i].first);
			output_char(output, ',');
		}
		output_text(output, "\"segments\":");
		output_number(output, sums->segments);
		output_text(output, ",\"size\":");
		output_number(output, sums->size);
		json_number(output, "rss", !sums->memory_unknown, sums->rss);
		json_number(output, "swap", !sums->memory_unknown, sums->swap);
		output_char(output, '}');
	}
	json_end(output);
	free(totals.items);
	return status;
}
