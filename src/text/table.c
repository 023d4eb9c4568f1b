/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/table.h"

#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/escape.h"
#include "text/state_names.h"
#include "text/utf8.h"

/*
 * A cell's text, as a range of one long string. Most values equal that of the row above,
 * and then share its text.
 */
struct cell {
	uint32_t offset;
	unsigned char length; /* in bytes; longer text is cut at CELL_MAX */
	unsigned char width;  /* in columns of a terminal */
};

/* The layout of a column. */
struct shape {
	size_t width; /* of its widest cell or its title */
	size_t least; /* minimum width, however narrow the terminal is */
	bool names;   /* it has names, which may be cut */
};

struct cells {
	char *text;
	size_t length;
	size_t capacity;
	struct cell *items; /* row by row */
	struct shape *shapes;
};

enum {
	CELL_MAX = 255, /* longest text of a cell, in bytes */
	GAP = 2,        /* spaces between columns */
	/* bytes copied at once; every text and every row is followed by this much space */
	BLOCK = 16,
	/* minimum widths: names, and "1234567 exited" */
	NAME_MIN = 8,
	PROCESS_MIN = 14,
};

_Static_assert(FIELDS_MAX *(2 * CELL_MAX + GAP) + BLOCK <= OUTPUT_SIZE,
	       "a row fits into the buffer");

static int make_room(struct cells *cells)
{
	size_t capacity = cells->capacity ? cells->capacity * 2 : 4096;
	char *larger;

	if (cells->capacity - cells->length > CELL_MAX + BLOCK)
		return 0;
	/* limited, since offsets have 32 bits */
	larger = capacity <= UINT32_MAX ? realloc(cells->text, capacity) : NULL;
	if (!larger)
		return ENOMEM;
	cells->text = larger;
	cells->capacity = capacity;
	return 0;
}

/* Makes a cell of the last length bytes, which were appended to the text. */
static struct cell take_text(struct cells *cells, size_t length, size_t width)
{
	struct cell cell = {
		.offset = (uint32_t)cells->length,
		.length = (unsigned char)length,
		.width = (unsigned char)width,
	};

	cells->length += length;
	return cell;
}

static int add_text(struct cells *cells, struct cell *cell, const char *text)
{
	char *place;
	size_t length;

	if (make_room(cells))
		return ENOMEM;
	place = cells->text + cells->length;
	length = escape_controls(place, CELL_MAX + 1, text);
	*cell = take_text(cells, length, utf8_width(place, length));
	return 0;
}

/* As take_text(), with a terminal's codes for a color around the text, which have no width. */
static int add_colored(struct cells *cells, struct cell *cell, const char *text, const char *color)
{
	char colored[64];
	int length = snprintf(colored, sizeof(colored), "\033[%sm%s\033[0m", color, text);

	if (make_room(cells))
		return ENOMEM;
	memcpy(cells->text + cells->length, colored, (size_t)length);
	*cell = take_text(cells, (size_t)length, strlen(text));
	return 0;
}

static int add_value(struct cells *cells, struct cell *cell, const struct view *view,
		     const struct value *value)
{
	char buffer[VALUE_TEXT_SIZE];
	const char *color = NULL;

	if (view->color && value->kind == VALUE_STATE)
		color = state_color((enum segment_state)value->number);
	if (color)
		return add_colored(cells, cell, value->text, color);
	return add_text(cells, cell, value_for_people(view, value, buffer));
}

static void widen(struct shape *shape, const struct value *value, size_t width)
{
	if (width > shape->width)
		shape->width = width;
	shape->names |= value->kind == VALUE_TEXT || value->kind == VALUE_COMMAND ||
			value->kind == VALUE_PROCESS || value->kind == VALUE_HOLDERS;
	if (value->kind == VALUE_PROCESS && shape->least < PROCESS_MIN)
		shape->least = PROCESS_MIN;
}

/* Makes the cells of one column. */
static int fill_column(struct cells *cells, struct view *view, const struct field_list *columns,
		       size_t column, const struct segment *segments, size_t count)
{
	const struct field *field = columns->items[column];
	struct shape *shape = &cells->shapes[column];
	struct cell *cell = cells->items + column;
	struct value before = { VALUE_UNKNOWN, 0, NULL };
	struct cell same = { 0 };

	for (size_t row = 0; row < count; row++, cell += columns->count) {
		struct value value = field->get(view, &segments[row]);

		if (row == 0 || value.number != before.number || value.kind != before.kind ||
		    value.text != before.text) {
			if (add_value(cells, &same, view, &value))
				return ENOMEM;
			widen(shape, &value, same.width);
			before = value;
		}
		*cell = same;
	}
	return 0;
}

/*
 * Cuts the texts of a column to its new width. A mark is appended to a cut text: "…" if the
 * locale supports it.
 */
static int cut_column(struct cells *cells, size_t columns, size_t column, size_t count)
{
	const char *mark = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "\u2026" : "+";
	const size_t width = cells->shapes[column].width;
	const size_t length_most = CELL_MAX - strlen(mark);
	struct cell *cell = cells->items + column;
	struct cell before = { 0 };
	struct cell cut = { 0 };

	for (size_t row = 0; row < count; row++, cell += columns) {
		size_t taken;
		size_t length;

		if (cell->width <= width)
			continue;
		if (cell->offset != before.offset || before.width == 0) {
			if (make_room(cells))
				return ENOMEM;
			before = *cell;
			length = cell->length < length_most ? cell->length : length_most;
			length = utf8_fit(cells->text + cell->offset, length, width - 1, &taken);
			memcpy(cells->text + cells->length, cells->text + cell->offset, length);
			strcpy(cells->text + cells->length + length, mark);
			cut = take_text(cells, length + strlen(mark), taken + 1);
		}
		*cell = cut;
	}
	return 0;
}

/* The widest column of names that can still be narrowed, or NULL. */
static struct shape *widest_names(struct shape *shapes, size_t count)
{
	struct shape *widest = NULL;

	for (size_t i = 0; i < count; i++) {
		if (shapes[i].names && shapes[i].width > shapes[i].least &&
		    (!widest || shapes[i].width > widest->width))
			widest = &shapes[i];
	}
	return widest;
}

/* Narrows the columns of names until rows fit, if possible, and cuts the names. */
static int fit_to_width(struct cells *cells, size_t width, size_t columns, size_t count)
{
	size_t total = (columns - 1) * GAP;
	int error = 0;

	for (size_t i = 0; i < columns; i++)
		total += cells->shapes[i].width;
	for (; total > width; total--) {
		struct shape *widest = widest_names(cells->shapes, columns);

		if (!widest)
			break;
		widest->width--;
	}
	for (size_t i = 0; i < columns && !error; i++) {
		if (cells->shapes[i].names)
			error = cut_column(cells, columns, i, count);
	}
	return error;
}

static int fill(struct cells *cells, struct view *view, const struct field_list *columns,
		const struct segment *segments, size_t count)
{
	int error = 0;

	for (size_t i = 0; i < columns->count && !error; i++)
		error = fill_column(cells, view, columns, i, segments, count);
	if (!error && view->width)
		error = fit_to_width(cells, view->width, columns->count, count);
	return error;
}

/* Writes count spaces, and returns the place after them. May overwrite BLOCK bytes more. */
static char *put_blanks(char *at, size_t count)
{
	memset(at, ' ', BLOCK);
	if (count > BLOCK)
		memset(at + BLOCK, ' ', count - BLOCK);
	return at + count;
}

/* Writes a cell and its padding, and returns the place after it. */
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
		at = put_cell(at, columns->items[i], title, length, cells->shapes[i].width - length,
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
				      cell->length, cells->shapes[i].width - cell->width,
				      i + 1 == columns->count);
		output_advance(output, at);
	}
}

/* The largest number of bytes that a row can need: cells and padding. */
static size_t room_for_row(const struct field_list *columns)
{
	return columns->count * (2 * CELL_MAX + GAP) + BLOCK;
}

static void set_least_widths(struct cells *cells, const struct field_list *columns, bool header)
{
	for (size_t i = 0; i < columns->count; i++) {
		size_t title = strlen(columns->items[i]->title);

		cells->shapes[i].width = header ? title : 0;
		cells->shapes[i].least = title > NAME_MIN ? title : NAME_MIN;
	}
}

int print_table(struct output *output, struct view *view, const struct field_list *columns,
		const struct segment *segments, size_t count, bool header)
{
	struct cells cells = { 0 };
	int error = ENOMEM;

	/* plus 1, since calloc(3) of 0 items may return NULL */
	cells.items = calloc(count * columns->count + 1, sizeof(*cells.items));
	cells.shapes = calloc(columns->count, sizeof(*cells.shapes));
	if (cells.items && cells.shapes) {
		set_least_widths(&cells, columns, header);
		error = fill(&cells, view, columns, segments, count);
	}
	if (!error && header)
		print_header(output, &cells, columns, room_for_row(columns));
	if (!error)
		print_rows(output, &cells, columns, count, room_for_row(columns));
	free(cells.text);
	free(cells.items);
	free(cells.shapes);
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

			output_unambiguous(output, value_for_programs(&value, buffer), "\\");
			output_char(output, i + 1 < columns->count ? '\t' : '\n');
		}
	}
}
