/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/occupancy.h"

#include <inttypes.h>

#include "shm/bytes/residency.h"
#include "text/units.h"

enum {
	WIDTH_DEFAULT = 80,
	WIDTH_MAX = 256, /* characters in a line of the map */
	CELLS_UNIT = 16, /* the number of ranges in a line is a multiple of this */
	ROWS_MAX = 16,
};

/* What a character means for its range. The first row that applies is used. */
static const struct mark {
	char character;
	enum place place;
	bool all;           /* applies to a whole range only, not to a part of it */
	const char *legend; /* NULL: see unknown_words() */
} marks[] = {
	{ '#', PLACE_MEMORY, true, "in memory" },
	{ '.', PLACE_HOLE, true, "unallocated" },
	{ 's', PLACE_SWAP, false, "all or part of it in swap" },
	{ '+', PLACE_MEMORY, false, "part of it in memory" },
	{ '?', PLACE_UNKNOWN, false, NULL },
};

enum { MARK_COUNT = sizeof(marks) / sizeof(marks[0]) };

static const char *const totals[PLACE_COUNT] = {
	[PLACE_MEMORY] = "in memory",
	[PLACE_SWAP] = "in swap",
	[PLACE_HOLE] = "unallocated",
	[PLACE_UNKNOWN] = NULL,
};

static const char *unknown_words(const struct memory *memory)
{
	if (memory_is_huge(memory)) /* they have no swap */
		return "in memory or unallocated";
	return residency_is_refused(memory->residency) ? "not known (mincore(2) is refused here)"
						       : "in swap or unallocated";
}

static size_t mark_of(const struct places *places, uint64_t length)
{
	size_t i = 0;

	while (i < MARK_COUNT - 1 && !(marks[i].all ? places->bytes[marks[i].place] == length
						    : places->bytes[marks[i].place] > 0))
		i++;
	return i;
}

static int digits_of(uint64_t size)
{
	int digits = 8;

	while (digits < 16 && size >> (digits * 4))
		digits++;
	return digits;
}

/* How many ranges fit into a line after the margin and the offset. */
static uint64_t ranges_in_line(size_t width, int taken)
{
	size_t left = width > (size_t)taken + CELLS_UNIT ? width - (size_t)taken : CELLS_UNIT;

	return (left < WIDTH_MAX ? left : WIDTH_MAX) / CELLS_UNIT * CELLS_UNIT;
}

static void print_totals(struct output *output, const struct places *sum, const char *unknown,
			 int margin)
{
	const char *between = "";

	output_format(output, "%*s", margin, "");
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		char text[UNIT_TEXT_SIZE];

		if (i == PLACE_UNKNOWN && sum->bytes[i] == 0)
			continue;
		size_text(text, sum->bytes[i]);
		output_format(output, "%s%s %s (%s)", between, text,
			      totals[i] ? totals[i] : unknown, BYTES(sum->bytes[i]));
		between = ", ";
	}
	output_char(output, '\n');
}

static void print_legend(struct output *output, const bool used[MARK_COUNT], uint64_t range,
			 const char *unknown, int margin)
{
	char text[UNIT_TEXT_SIZE];
	const char *between = "";

	size_text(text, range);
	output_format(output, "%*seach character is %s: ", margin, "", text);
	for (size_t i = 0; i < MARK_COUNT; i++) {
		if (!used[i])
			continue;
		output_format(output, "%s%c %s", between, marks[i].character,
			      marks[i].legend ? marks[i].legend : unknown);
		between = ", ";
	}
	output_char(output, '\n');
}

int print_occupancy(struct output *output, const struct memory *memory, size_t width, int margin)
{
	int digits = digits_of(memory->size - 1);
	uint64_t in_line = ranges_in_line(width ? width : WIDTH_DEFAULT, margin + digits + 2);
	uint64_t range = memory->page;
	struct extent known = { 0 };
	struct places sum = { 0 };
	bool used[MARK_COUNT] = { false };
	uint64_t taken;
	uint64_t length;

	while ((memory->size - 1) / range / in_line >= ROWS_MAX)
		range *= 2;
	for (uint64_t at = 0; at < memory->size; at += length) {
		struct places places;
		size_t mark;
		int error;

		length = memory->size - at < range ? memory->size - at : range;
		error = memory_places(memory, at, length, &known, &places);
		if (error)
			return error;
		mark = mark_of(&places, length);
		used[mark] = true;
		for (size_t i = 0; i < PLACE_COUNT; i++)
			sum.bytes[i] += places.bytes[i];
		if (at / range % in_line == 0)
			output_format(output, "%s%*s%0*" PRIx64 "  ", at ? "\n" : "", margin, "",
				      digits, at);
		output_char(output, marks[mark].character);
	}
	output_char(output, '\n');
	/* for huge pages, the number in memory can be known without knowing which */
	if (memory_huge_taken(memory, &taken))
		sum = (struct places){
			.bytes = { [PLACE_MEMORY] = taken, [PLACE_HOLE] = memory->size - taken }
		};
	print_legend(output, used, range, unknown_words(memory), margin);
	print_totals(output, &sum, unknown_words(memory), margin);
	return 0;
}
