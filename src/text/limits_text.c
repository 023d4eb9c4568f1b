/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/limits_text.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "text/escape.h"
#include "text/json.h"
#include "text/namespace_option.h"
#include "text/parse.h"
#include "text/remedy.h"
#include "text/units.h"

enum { COLUMN_COUNT = 6, CELL_SIZE = 2 * UNIT_TEXT_SIZE };

/* A row of -l. */
struct limit {
	const char *name;
	size_t value; /* offset in struct limits */
	size_t used;  /* offset of its usage; NO_USE: it has none */
	bool is_bytes;
	bool is_memory;      /* memory of the machine or a control group; 0: unknown, so no row */
	const char *use;     /* after "3 of 4096" */
	const char *meaning; /* what it limits */
	const char *sysctl;  /* the argument of sysctl(8) that changes it, or NULL */
	const char *largest; /* if is_memory: the field to sort by for the largest segments */
};

#define NO_USE        SIZE_MAX
#define PLACE(member) offsetof(struct limits, member)

static const struct limit limit_table[] = {
	{ "shmmni", PLACE(shmmni), PLACE(segments), false, false, "segments in use", "segments",
	  "kernel.shmmni=N", NULL },
	{ "shmall", PLACE(shmall), PLACE(pages), false, false, "pages in use", "total pages",
	  "kernel.shmall=PAGES", NULL },
	{ "shmmax", PLACE(shmmax), NO_USE, true, false, NULL, "maximum segment size",
	  "kernel.shmmax=BYTES", NULL },
	{ "shmmin", PLACE(shmmin), NO_USE, true, false, NULL, "minimum segment size", NULL, NULL },
	{ "cgroup", PLACE(cgroup), PLACE(cgroup_used), true, true,
	  "of the control group's memory limit in use", "control group", NULL, "rss" },
	{ "ram", PLACE(ram), PLACE(ram_used), true, true, "of RAM in use", "RAM in use", NULL,
	  "rss" },
	{ "swap", PLACE(swap), PLACE(swap_used), true, true, "of swap in use", "swap in use", NULL,
	  "swap" },
	{ "memory", PLACE(memory), PLACE(memory_used), true, true, "of RAM and swap allocated",
	  "RAM+swap, allocated", NULL, "size" },
};

enum { LIMIT_COUNT = sizeof(limit_table) / sizeof(limit_table[0]) };

static uint64_t number_at(const struct limits *limits, size_t place)
{
	uint64_t number;

	memcpy(&number, (const char *)limits + place, sizeof(number));
	return number;
}

static bool is_unlimited(const struct limits *limits, const struct limit *limit)
{
	return limit_is_none(number_at(limits, limit->value));
}

static bool has_row(const struct limits_of *of, const struct limit *limit)
{
	return limit->is_memory ? number_at(&of->limits, limit->value) > 0 : !of->machine;
}

static bool use_is_known(const struct limits *limits, const struct limit *limit)
{
	return limit->used != NO_USE && number_at(limits, limit->used) != LIMITS_UNKNOWN;
}

/* Whether the share of the limit that is in use is known. */
static bool has_percent(const struct limits *limits, const struct limit *limit)
{
	return use_is_known(limits, limit) && !is_unlimited(limits, limit);
}

/* The usage in percent. A limit of 0 counts as fully used. */
static double percent_of(const struct limits *limits, const struct limit *limit)
{
	uint64_t value = number_at(limits, limit->value);

	return value ? (double)number_at(limits, limit->used) * 100.0 / (double)value : 100.0;
}

static void percent_text(char text[CELL_SIZE], const struct limits *limits,
			 const struct limit *limit)
{
	if (has_percent(limits, limit))
		snprintf(text, CELL_SIZE, "%.1f%%", percent_of(limits, limit));
	else
		strcpy(text, "-");
}

/* Formats an amount. Bytes are shortened ("1.5G"), unless that would round a limit. */
static void amount_text(char text[UNIT_TEXT_SIZE], const struct limit *limit, uint64_t number,
			bool exact)
{
	if (limit->is_bytes && !exact && (limit->is_memory || number % 1024 == 0))
		size_text(text, number);
	else
		number_text(text, number);
}

static void value_text(char text[UNIT_TEXT_SIZE], const struct limits *limits,
		       const struct limit *limit, bool exact)
{
	if (is_unlimited(limits, limit))
		strcpy(text, "unlimited");
	else
		amount_text(text, limit, number_at(limits, limit->value), exact);
}

/* Prints the namespace as JSON, unless it is the current one. */
static void json_place(struct output *output, const struct namespace *ns)
{
	if (!ns)
		return;
	output_format(output, ",\"ns\":%lu", (unsigned long)ns->inode);
	json_text(output, "ns_name", ns->name);
	json_number(output, "ns_pid", ns->pid, (uint64_t)ns->pid);
	json_text(output, "ns_comm", ns->command);
}

/* Prints the namespace before a table, unless it is the current one. */
static void print_place(struct output *output, const struct limits_of *of, size_t index)
{
	if (index)
		output_char(output, '\n');
	if (of->machine)
		output_text(output, "all IPC namespaces\n");
	if (!of->ns)
		return;
	output_text(output, "IPC namespace ");
	output_escaped(output, NAMESPACE_LABEL(of->ns));
	output_char(output, '\n');
}

static void json_limit(struct output *output, const struct limits_of *of, const struct limit *limit)
{
	const struct limits *limits = &of->limits;
	const bool used = use_is_known(limits, limit);

	output_format(output, "{\"name\":\"%s\"", limit->name);
	json_number(output, "value", !is_unlimited(limits, limit), number_at(limits, limit->value));
	json_number(output, "used", used, used ? number_at(limits, limit->used) : 0);
	output_text(output, ",\"percent\":");
	if (has_percent(limits, limit))
		output_format(output, "%.2f", percent_of(limits, limit));
	else
		output_text(output, "null");
	json_place(output, of->ns);
	output_char(output, '}');
}

/* Prints a table of texts. Columns whose bit is set in right are right-aligned. */
static void print_cells(struct output *output, char cells[][COLUMN_COUNT][CELL_SIZE], size_t rows,
			size_t columns, unsigned int right)
{
	int widths[COLUMN_COUNT] = { 0 };

	for (size_t i = 0; i < rows * columns; i++) {
		int width = (int)strlen(cells[i / columns][i % columns]);

		if (width > widths[i % columns])
			widths[i % columns] = width;
	}
	for (size_t row = 0; row < rows; row++) {
		for (size_t i = 0; i < columns; i++) {
			bool last = i + 1 == columns;
			int width = right & (1U << i) ? widths[i] : last ? 0 : -widths[i];

			output_format(output, "%*s%s", width, cells[row][i], last ? "\n" : "  ");
		}
	}
}

static void limit_cells(char cells[COLUMN_COUNT][CELL_SIZE], const struct limits *limits,
			const struct limit *limit, bool exact)
{
	strcpy(cells[0], limit->name);
	value_text(cells[1], limits, limit, exact);
	strcpy(cells[2], "-");
	if (use_is_known(limits, limit))
		amount_text(cells[2], limit, number_at(limits, limit->used), exact);
	percent_text(cells[3], limits, limit);
	strcpy(cells[4], limit->meaning);
	strcpy(cells[5], "-");
	if (limit->sysctl)
		snprintf(cells[5], CELL_SIZE, "sysctl %s", limit->sysctl);
}

/* A user may have chosen the path, and the command may be pasted into root's shell. */
static void print_path(struct output *output, const char *path)
{
	char quoted[NAMESPACE_OPTION_SIZE];

	output_escaped(output, quote_word(quoted, sizeof(quoted), path));
}

static void table_of_limits(struct output *output, const struct limits_of *of,
			    const struct limits_style *style)
{
	char cells[LIMIT_COUNT + 1][COLUMN_COUNT][CELL_SIZE] = {
		{ "LIMIT", "VALUE", "USED", "USE%", "MEANING", "SET WITH" },
	};
	size_t rows = 1;

	for (size_t i = 0; i < LIMIT_COUNT; i++) {
		if (has_row(of, &limit_table[i]))
			limit_cells(cells[rows++], &of->limits, &limit_table[i], style->exact);
	}
	print_cells(output, cells + style->no_header, rows - style->no_header, COLUMN_COUNT,
		    1U << 1 | 1U << 2 | 1U << 3);
	if (of->path && !style->no_header) {
		/* sysctl(8) changes the namespace in which it runs */
		output_text(output, "to change them: nsenter --ipc=");
		print_path(output, of->path);
		output_text(output, " sysctl ...\n");
	}
}

void print_limits(struct output *output, const struct limits_of *all, size_t count,
		  const struct limits_style *style)
{
	size_t printed = 0;

	if (!style->json) {
		for (size_t i = 0; i < count; i++) {
			print_place(output, &all[i], i);
			table_of_limits(output, &all[i], style);
		}
		return;
	}
	json_begin(output, "limits");
	for (size_t i = 0; i < count * LIMIT_COUNT; i++) {
		if (!has_row(&all[i / LIMIT_COUNT], &limit_table[i % LIMIT_COUNT]))
			continue;
		json_separate(output, printed++);
		json_limit(output, &all[i / LIMIT_COUNT], &limit_table[i % LIMIT_COUNT]);
	}
	json_end(output);
}

/* A row of -u. */
struct figure {
	const char *name; /* its name in JSON */
	const char *meaning;
	size_t value; /* its offset in struct limits */
	bool is_pages;
	const struct limit *limit; /* the limit for it, or NULL */
};

static const struct figure figures[] = {
	{ "segments", "segments", PLACE(segments), false, &limit_table[0] },
	{ "allocated", "pages allocated", PLACE(pages), true, &limit_table[1] },
	{ "resident", "pages resident", PLACE(resident), true, NULL },
	{ "swapped", "pages swapped", PLACE(swapped), true, NULL },
	{ "page_size", "page size", PLACE(page), false, NULL },
};

enum { FIGURE_COUNT = sizeof(figures) / sizeof(figures[0]), FIGURE_COLUMNS = 5 };

static void json_figure(struct output *output, const struct limits_of *of,
			const struct figure *figure)
{
	uint64_t value = number_at(&of->limits, figure->value);

	output_format(output, "{\"name\":\"%s\"", figure->name);
	json_number(output, "value", value != LIMITS_UNKNOWN, value);
	json_place(output, of->ns);
	output_char(output, '}');
}

static void pages_text(char text[CELL_SIZE], uint64_t pages, uint64_t page, bool exact)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(pages, page, &bytes))
		strcpy(text, "-"); /* GCOVR_EXCL_LINE: more than 2^64 bytes */
	else if (exact)
		number_text(text, bytes);
	else
		size_text(text, bytes);
}

static void figure_cells(char cells[COLUMN_COUNT][CELL_SIZE], const struct limits *limits,
			 const struct figure *figure, bool exact)
{
	uint64_t value = number_at(limits, figure->value);
	char limit[UNIT_TEXT_SIZE];

	for (size_t i = 2; i < FIGURE_COLUMNS; i++)
		strcpy(cells[i], "-");
	strcpy(cells[0], figure->meaning);
	strcpy(cells[1], "-");
	if (value != LIMITS_UNKNOWN)
		number_text(cells[1], value);
	if (figure->is_pages)
		pages_text(cells[2], value, limits->page, exact);
	if (figure->limit) {
		percent_text(cells[3], limits, figure->limit);
		value_text(limit, limits, figure->limit, true);
		snprintf(cells[4], CELL_SIZE, "%s %s", figure->limit->name, limit);
	}
}

static void table_of_figures(struct output *output, const struct limits *limits,
			     const struct limits_style *style)
{
	char cells[FIGURE_COUNT + 1][COLUMN_COUNT][CELL_SIZE] = {
		{ "RESOURCE", "COUNT", "SIZE", "USE%", "LIMIT" },
	};

	for (size_t i = 0; i < FIGURE_COUNT; i++)
		figure_cells(cells[i + 1], limits, &figures[i], style->exact);
	print_cells(output, cells + style->no_header, FIGURE_COUNT + 1 - style->no_header,
		    FIGURE_COLUMNS, 1U << 1 | 1U << 2 | 1U << 3);
}

void print_summary(struct output *output, const struct limits_of *all, size_t count,
		   const struct limits_style *style)
{
	if (!style->json) {
		for (size_t i = 0; i < count; i++) {
			print_place(output, &all[i], i);
			table_of_figures(output, &all[i].limits, style);
		}
		return;
	}
	json_begin(output, "summary");
	for (size_t i = 0; i < count * FIGURE_COUNT; i++) {
		json_separate(output, i);
		json_figure(output, &all[i / FIGURE_COUNT], &figures[i % FIGURE_COUNT]);
	}
	json_end(output);
}

/* Prints how to raise a limit: to twice its value, or to the most that the kernel accepts. */
static void print_remedy(struct output *output, const struct limits_of *of,
			 const struct limit *limit)
{
	uint64_t value = number_at(&of->limits, limit->value);
	uint64_t used = number_at(&of->limits, limit->used);
	uint64_t most = limit->value == PLACE(shmmni) ? most_segments() : UINT64_MAX;
	uint64_t larger = value || used ? 2 * (value > used ? value : used) : 1;
	char name[32];
	char quoted[NAMESPACE_OPTION_SIZE - 32];
	char way_in[NAMESPACE_OPTION_SIZE] = "";
	char text[REMEDY_SIZE];

	if (value >= most) {
		output_text(output, most > SEGMENTS_MAX
					    ? "there cannot be more\n"
					    : "only the boot option ipcmni_extend raises this\n");
		return;
	}
	snprintf(name, sizeof(name), "kernel.%s", limit->name);
	if (of->path)
		snprintf(way_in, sizeof(way_in), "nsenter --ipc=%s ",
			 quote_word(quoted, sizeof(quoted), of->path));
	output_text(output, "to raise it: ");
	output_escaped(output, remedy_text(text, way_in, name, larger < most ? larger : most));
	output_char(output, '\n');
}

/* Prints how to list the segments that use the most memory, which cannot be raised. */
static void print_how_to_list(struct output *output, const struct limits_of *of,
			      const struct limit *limit)
{
	output_text(output, "to list the largest: shmtool ls ");
	if (of->machine)
		output_text(output, "-A ");
	if (of->path) {
		output_text(output, "-N ");
		print_path(output, of->path);
		output_char(output, ' ');
	}
	output_format(output, "-o +rss,swap --sort -%s\n", limit->largest);
}

static void print_warning(struct output *output, const struct limits_of *of,
			  const struct limit *limit)
{
	const struct limits *limits = &of->limits;
	char value[UNIT_TEXT_SIZE];
	char used[UNIT_TEXT_SIZE];

	amount_text(value, limit, number_at(limits, limit->value), false);
	amount_text(used, limit, number_at(limits, limit->used), false);
	if (of->ns) {
		output_text(output, "IPC namespace ");
		output_escaped(output, NAMESPACE_LABEL(of->ns));
		output_text(output, ": ");
	}
	output_format(output, "%s: %s of %s %s (%.1f%%); ", limit->name, used, value, limit->use,
		      percent_of(limits, limit));
	if (limit->is_memory)
		print_how_to_list(output, of, limit);
	else
		print_remedy(output, of, limit);
}

bool print_exceeded(struct output *output, const struct limits_of *all, size_t count,
		    unsigned int percent, const struct limits_style *style)
{
	size_t exceeded = 0;

	if (style->json)
		json_begin(output, "limits");
	for (size_t i = 0; i < count * LIMIT_COUNT; i++) {
		const struct limits_of *of = &all[i / LIMIT_COUNT];
		const struct limit *limit = &limit_table[i % LIMIT_COUNT];

		if (!has_row(of, limit) || !has_percent(&of->limits, limit) ||
		    percent_of(&of->limits, limit) < percent)
			continue;
		if (style->json) {
			json_separate(output, exceeded);
			json_limit(output, of, limit);
		} else {
			print_warning(output, of, limit);
		}
		exceeded++;
	}
	if (style->json)
		json_end(output);
	return exceeded > 0;
}

const char *parse_percent(const char *word, unsigned int *percent)
{
	uint64_t number;

	if (parse_number(word, &number) || number > 100)
		return "not a percentage (0 to 100)";
	*percent = (unsigned int)number;
	return NULL;
}
