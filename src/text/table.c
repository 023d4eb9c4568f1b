/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/escape.h"

/*
 * A cell's text, as a place in one long string. Most values of a column are
 * those of the row above, so that their text is made once and shared.
 */
struct cell {
	uint32_t offset;
	unsigned char length; /* in bytes; a longer one is cut at CELL_MAX */
	unsigned char width;  /* on a terminal */
};

struct cells {
	char *text;
	size_t length;
	size_t capacity;
	struct cell *items; /* row by row */
	size_t *widths;     /* of each column */
};

/*
 * A cell's bytes at most; the blanks between columns; and the bytes that are
 * moved at once, for which there is room behind every text and every row.
 */
enum { CELL_MAX = 255, GAP = 2, BLOCK = 16 };

_Static_assert(FIELDS_MAX *(2 * CELL_MAX + GAP) + BLOCK <= OUTPUT_SIZE,
	       "a row fits into the buffer");

/* Columns that a text takes on a terminal: its UTF-8 characters. */
static size_t width_of(const char *text, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

static int make_room(struct cells *cells)
{
	size_t capacity = cells->capacity ? cells->capacity * 2 : 4096;
	char *larger;

	if (cells->capacity - cells->length > CELL_MAX + BLOCK)
		return 0;
	/* offsets have 32 bits */
	larger = capacity <= UINT32_MAX ? realloc(cells->text, capacity) : NULL;
	if (!larger)
		return ENOMEM;
	cells->text = larger;
	cells->capacity = capacity;
	return 0;
}

static int add_text(struct cells *cells, struct cell *cell, const char *text)
{
	size_t length;

	if (make_room(cells))
		return ENOMEM;
	length = escape_controls(cells->text + cells->length, CELL_MAX + 1, text);
	*cell = (struct cell){
		.offset = (uint32_t)cells->length,
		.length = (unsigned char)length,
		.width = (unsigned char)width_of(cells->text + cells->length, length),
	};
	cells->length += length;
	return 0;
}

/* Makes the cells of one column. */
static int fill_column(struct cells *cells, struct view *view, const struct field_list *columns,
		       size_t column, const struct segment *segments, size_t count)
{
	const struct field *field = columns->items[column];
	struct cell *cell = cells->items + column;
	struct value before = { VALUE_UNKNOWN, 0, NULL };
	struct cell same = { 0 };

	for (size_t row = 0; row < count; row++, cell += columns->count) {
		struct value value = field->get(view, &segments[row]);

		if (row == 0 || value.number != before.number || value.kind != before.kind ||
		    value.text != before.text) {
			char buffer[VALUE_TEXT_SIZE];

			if (add_text(cells, &same, value_for_people(view, &value, buffer)))
				return ENOMEM;
			if (same.width > cells->widths[column])
				cells->widths[column] = same.width;
			before = value;
		}
		*cell = same;
	}
	return 0;
}

static int fill(struct cells *cells, struct view *view, const struct field_list *columns,
		const struct segment *segments, size_t count)
{
	int error = 0;

	for (size_t i = 0; i < columns->count && !error; i++)
		error = fill_column(cells, view, columns, i, segments, count);
	return error;
}

/* Blanks, and behind them whatever is written next. */
static char *put_blanks(char *at, size_t count)
{
	memset(at, ' ', BLOCK);
	if (count > BLOCK)
		memset(at + BLOCK, ' ', count - BLOCK);
	return at + count;
}

/* Puts a cell and its padding at a place that has room; returns the place behind. */
static char *put_cell(char *at, const struct field *field, const char *text, size_t length,
		      size_t padding, bool last)
{
	if (field->to_the_right)
		at = put_blanks(at, padding);
	memcpy(at, text, BLOCK);
	if (length > BLOCK)
		memcpy(at + BLOCK, text + BLOCK, length - BLOCK);
	at += length;
	if (last) {
		*at++ = '\n';
		return at;
	}
	return put_blanks(at, field->to_the_right ? GAP : padding + GAP);
}

static void print_header(struct output *output, const struct cells *cells,
			 const struct field_list *columns, size_t room)
{
	char *at = output_reserve(output, room);

	for (size_t i = 0; i < columns->count; i++) {
		char title[BLOCK + 1] = { 0 };
		size_t length = strlen(columns->items[i]->title);

		memcpy(title, columns->items[i]->title, length);
		at = put_cell(at, columns->items[i], title, length, cells->widths[i] - length,
			      i + 1 == columns->count);
	}
	output_advance(output, at);
}

static void print_rows(struct output *output, const struct cells *cells,
		       const struct field_list *columns, size_t count, size_t room)
{
	const struct cell *cell = cells->items;

	for (size_t row = 0; row < count; row++) {
		char *at = output_reserve(output, room);

		for (size_t i = 0; i < columns->count; i++, cell++)
			at = put_cell(at, columns->items[i], cells->text + cell->offset,
				      cell->length, cells->widths[i] - cell->width,
				      i + 1 == columns->count);
		output_advance(output, at);
	}
}

/* The most bytes that a row can take: cells and their padding. */
static size_t room_for_row(const struct field_list *columns)
{
	return columns->count * (2 * CELL_MAX + GAP) + BLOCK;
}

int print_table(struct output *output, struct view *view, const struct field_list *columns,
		const struct segment *segments, size_t count, bool header)
{
	struct cells cells = { 0 };
	int error = ENOMEM;

	/* with no cells at all, calloc may return NULL */
	cells.items = calloc(count * columns->count + 1, sizeof(*cells.items));
	cells.widths = calloc(columns->count, sizeof(*cells.widths));
	if (cells.items && cells.widths) {
		for (size_t i = 0; header && i < columns->count; i++)
			cells.widths[i] = strlen(columns->items[i]->title);
		error = fill(&cells, view, columns, segments, count);
	}
	if (!error && header)
		print_header(output, &cells, columns, room_for_row(columns));
	if (!error)
		print_rows(output, &cells, columns, count, room_for_row(columns));
	free(cells.text);
	free(cells.items);
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
