/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/occupancy.h"

#include <inttypes.h>

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
	bool all; /* applies to a whole range only, not to a part of it */
	const char *legend;
	const char *huge_legend; /* for huge pages, which are never in swap; NULL: the same */
} marks[] = {
	{ '#', PLACE_MEMORY, true, "in memory", NULL },
	{ '.', PLACE_HOLE, true, "unallocated", NULL },
	{ 's', PLACE_SWAP, false, "all or part of it in swap", NULL },
	{ '+', PLACE_MEMORY, false, "part of it in memory", NULL },
	{ '?', PLACE_UNKNOWN, false, "in swap or unallocated", "in memory or unallocated" },
};

enum { MARK_COUNT = sizeof(marks) / sizeof(marks[0]) };

static const struct total {
	const char *words;
	const char *huge_words; /* NULL: the same */
} totals[PLACE_COUNT] = {
	[PLACE_MEMORY] = { "in memory", NULL },
	[PLACE_SWAP] = { "in swap", NULL },
	[PLACE_HOLE] = { "unallocated", NULL },
	[PLACE_UNKNOWN] = { "in swap or unallocated", "in memory or unallocated" },
};

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

static void print_totals(struct output *output, const struct places *sum, bool huge, int margin)
{
	const char *between = "";

	output_format(output, "%*s", margin, "");
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		const struct total *total = &totals[i];
		char text[UNIT_TEXT_SIZE];

		if (i == PLACE_UNKNOWN && sum->bytes[i] == 0)
			continue;
		size_text(text, sum->bytes[i]);
		output_format(output, "%s%s %s (%s)", between, text,
			      huge && total->huge_words ? total->huge_words : total->words,
			      BYTES(sum->bytes[i]));
		between = ", ";
	}
	output_char(output, '\n');
}

static void print_legend(struct output *output, const bool used[MARK_COUNT], uint64_t range,
			 bool huge, int margin)
{
	char text[UNIT_TEXT_SIZE];
	const char *between = "";

	size_text(text, range);
	output_format(output, "%*seach character is %s: ", margin, "", text);
	for (size_t i = 0; i < MARK_COUNT; i++) {
		if (!used[i])
			continue;
		output_format(output, "%s%c %s", between, marks[i].character,
			      huge && marks[i].huge_legend ? marks[i].huge_legend
							   : marks[i].legend);
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
	const bool huge = memory_is_huge(memory);
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
	print_legend(output, used, range, huge, margin);
	print_totals(output, &sum, huge, margin);
	return 0;
}
