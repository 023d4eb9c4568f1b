/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/escape.h"

/* All cells as text, one behind the other, so that each is made only once. */
struct cells {
	char *text;
	size_t length;
	size_t capacity;
	unsigned char *lengths; /* of each cell; a longer one is cut, see CELL_MAX */
	size_t *widths;		/* of each column */
};

enum { CELL_MAX = 255 };

/* Columns that a text takes on a terminal: its UTF-8 characters. */
static size_t width_of(const char *text, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

static int add_cell(struct cells *cells, size_t cell, size_t column, const char *text, bool foreign)
{
	char *place;
	size_t length;

	if (cells->capacity - cells->length <= CELL_MAX) {
		size_t capacity = cells->capacity ? cells->capacity * 2 : 4096;
		char *larger = realloc(cells->text, capacity);

		if (!larger)
			return ENOMEM;
		cells->text = larger;
		cells->capacity = capacity;
	}
	place = cells->text + cells->length;
	if (foreign) {
		length = escape_controls(place, CELL_MAX + 1, text);
	} else {
		length = strlen(text);
		memcpy(place, text, length);
	}
	cells->lengths[cell] = (unsigned char)length;
	cells->length += length;
	if (foreign)
		length = width_of(place, length);
	if (length > cells->widths[column])
		cells->widths[column] = length;
	return 0;
}

static int fill(struct cells *cells, struct view *view, const struct field_list *columns,
		const struct segment *segments, size_t count)
{
	for (size_t row = 0; row < count; row++) {
		for (size_t i = 0; i < columns->count; i++) {
			char buffer[VALUE_TEXT_SIZE];
			struct value value = columns->items[i]->get(view, &segments[row]);
			const char *text = value_for_people(view, &value, buffer);

			if (add_cell(cells, row * columns->count + i, i, text, value.text != NULL))
				return ENOMEM;
		}
	}
	return 0;
}

static void print_cell(struct output *output, const struct field_list *columns, size_t column,
		       const char *text, size_t length, size_t table_width)
{
	bool last = column + 1 == columns->count;
	size_t width = width_of(text, length);
	size_t padding = table_width > width ? table_width - width : 0;

	if (columns->items[column]->to_the_right)
		output_spaces(output, padding);
	output_bytes(output, text, length);
	if (!last)
		output_spaces(output, columns->items[column]->to_the_right ? 2 : padding + 2);
}

static void print_rows(struct output *output, const struct cells *cells,
		       const struct field_list *columns, size_t count, bool header)
{
	const char *at = cells->text;

	for (size_t i = 0; header && i < columns->count; i++)
		print_cell(output, columns, i, columns->items[i]->title,
			   strlen(columns->items[i]->title), cells->widths[i]);
	if (header)
		output_char(output, '\n');
	for (size_t row = 0; row < count; row++) {
		for (size_t i = 0; i < columns->count; i++) {
			size_t length = cells->lengths[row * columns->count + i];

			print_cell(output, columns, i, at, length, cells->widths[i]);
			at += length;
		}
		output_char(output, '\n');
	}
}

int print_table(struct output *output, struct view *view, const struct field_list *columns,
		const struct segment *segments, size_t count, bool header)
{
	struct cells cells = { 0 };
	int error = ENOMEM;

	cells.lengths = calloc(count * columns->count + 1, sizeof(*cells.lengths));
	cells.widths = calloc(columns->count, sizeof(*cells.widths));
	if (cells.lengths && cells.widths) {
		for (size_t i = 0; header && i < columns->count; i++)
			cells.widths[i] = strlen(columns->items[i]->title);
		error = fill(&cells, view, columns, segments, count);
	}
	if (!error)
		print_rows(output, &cells, columns, count, header);
	free(cells.text);
	free(cells.lengths);
	free(cells.widths);
	return error;
}

void print_raw(struct output *output, struct view *view, const struct field_list *columns,
	       const struct segment *segments, size_t count, bool header)
{
	for (size_t i = 0; header && i < columns->count; i++) {
		output_text(output, columns->items[i]->title);
		output_char(output, i + 1 < columns->count ? '\t' : '\n');
	}
	for (size_t row = 0; row < count; row++) {
		for (size_t i = 0; i < columns->count; i++) {
			char buffer[VALUE_TEXT_SIZE];
			struct value value = columns->items[i]->get(view, &segments[row]);

			output_escaped(output, value_for_programs(&value, buffer));
			output_char(output, i + 1 < columns->count ? '\t' : '\n');
		}
	}
}
