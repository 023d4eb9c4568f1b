/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text/json.h"
#include "text/units.h"

/* A row of -l or -u. */
struct figure {
	const char *name;
	const char *meaning;
	uint64_t value;
	bool has_use;
	uint64_t used;
	bool is_bytes;
};

static void print_figure_json(struct output *output, const struct figure *figure, bool limits)
{
	bool none = limits && limit_is_none(figure->value);

	output_format(output, "{\"name\":\"%s\",\"value\":", figure->name);
	if (none)
		output_text(output, "null");
	else
		output_number(output, figure->value);
	if (limits && figure->has_use)
		output_format(output, ",\"used\":%" PRIu64, figure->used);
	else if (limits)
		output_text(output, ",\"used\":null");
	if (limits && figure->has_use && !none && figure->value)
		output_format(output, ",\"percent\":%.2f",
			      (double)figure->used * 100.0 / (double)figure->value);
	else if (limits)
		output_text(output, ",\"percent\":null");
	output_char(output, '}');
}

static void print_figures_json(struct output *output, const char *name,
			       const struct figure *figures, size_t count)
{
	json_begin(output, name);
	for (size_t i = 0; i < count; i++) {
		json_separate(output, i);
		print_figure_json(output, &figures[i], strcmp(name, "limits") == 0);
	}
	json_end(output);
}

static void value_of_figure(char text[UNIT_TEXT_SIZE], const struct figure *figure, bool exact)
{
	if (figure->is_bytes && !exact)
		size_text(text, figure->value);
	else
		snprintf(text, UNIT_TEXT_SIZE, "%" PRIu64, figure->value);
}

void print_limits(struct output *output, const struct limits *limits,
		  const struct limits_style *style)
{
	const struct figure figures[] = {
		{ "shmmni", "segments (sysctl kernel.shmmni)", limits->shmmni, true,
		  limits->segments, false },
		{ "shmall", "pages in all (sysctl kernel.shmall)", limits->shmall, true,
		  limits->pages, false },
		{ "shmmax", "size of a segment (sysctl kernel.shmmax)", limits->shmmax, false, 0,
		  true },
		{ "shmmin", "smallest segment", limits->shmmin, false, 0, true },
	};
	const size_t count = sizeof(figures) / sizeof(figures[0]);

	if (style->form == LIMITS_JSON) {
		print_figures_json(output, "limits", figures, count);
		return;
	}
	if (!style->no_header)
		output_text(output, "LIMIT                VALUE          USED   USE%  MEANING\n");
	for (size_t i = 0; i < count; i++) {
		const struct figure *figure = &figures[i];
		char value[UNIT_TEXT_SIZE] = "unlimited";
		char used[UNIT_TEXT_SIZE] = "-";
		char percent[UNIT_TEXT_SIZE] = "-";

		if (!limit_is_none(figure->value))
			value_of_figure(value, figure, style->exact);
		if (figure->has_use)
			snprintf(used, sizeof(used), "%" PRIu64, figure->used);
		if (figure->has_use && !limit_is_none(figure->value) && figure->value)
			snprintf(percent, sizeof(percent), "%.1f%%",
				 (double)figure->used * 100.0 / (double)figure->value);
		output_format(output, "%-6s %19s  %12s %6s  %s\n", figure->name, value, used,
			      percent, figure->meaning);
	}
}

void print_summary(struct output *output, const struct limits *limits,
		   const struct limits_style *style)
{
	const struct figure figures[] = {
		{ "segments", "segments", limits->segments, false, 0, false },
		{ "allocated", "pages allocated", limits->pages, false, 0, false },
		{ "resident", "pages resident", limits->resident, false, 0, false },
		{ "swapped", "pages swapped", limits->swapped, false, 0, false },
		{ "page_size", "bytes of a page", limits->page, false, 0, false },
	};
	const size_t count = sizeof(figures) / sizeof(figures[0]);

	if (style->form == LIMITS_JSON) {
		print_figures_json(output, "summary", figures, count);
		return;
	}
	for (size_t i = 0; i < count; i++)
		output_format(output, "%-16s %" PRIu64 "\n", figures[i].meaning, figures[i].value);
}
