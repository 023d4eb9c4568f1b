/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/segment_json.h"

#include <stdlib.h>
#include <string.h>

#include "text/holders_text.h"
#include "text/json.h"

enum {
	PIECE_MAX = 512,  /* bytes of a field that are kept for the next segment */
	SHORT_PIECE = 40, /* what most of them have at most */
};

static void json_value(struct output *output, const struct value *value)
{
	char buffer[VALUE_TEXT_SIZE];

	switch (value->kind) {
	case VALUE_UNKNOWN:
		output_text(output, "null");
		break;
	case VALUE_NUMBER:
	case VALUE_SIZE:
	case VALUE_DURATION:
		output_number(output, value->number);
		break;
	case VALUE_FLAG:
		output_text(output, value->number ? "true" : "false");
		break;
	default:
		json_string(output, value_for_programs(value, buffer));
	}
}

/* Most values are one word; only holders are an array. */
static void json_field(struct output *output, struct view *view, const struct field *field,
		       const struct segment *segment)
{
	struct value value = field->get(view, segment);

	if (value.kind == VALUE_HOLDERS)
		json_holders(output, view, segment);
	else
		json_value(output, &value);
}

static void json_name(struct output *output, const char *name)
{
	output_char(output, '"');
	for (; *name; name++)
		output_char(output, *name == '-' ? '_' : *name);
	output_bytes(output, "\":", 2);
}

void json_fields(struct output *output, struct view *view, const struct field_list *list,
		 const struct segment *segment)
{
	size_t count = list ? list->count : field_count;

	for (size_t i = 0; i < count; i++) {
		const struct field *field = list ? list->items[i] : &fields[i];

		json_separate(output, i);
		json_name(output, field->name);
		json_field(output, view, field, segment);
	}
}

/*
 * A field of the segment before, as it was written: `,"name":value`. Most
 * values are those of the segment before, and then their text is as well.
 */
struct piece {
	struct value value;
	size_t length; /* 0: nothing to go by */
	char text[PIECE_MAX];
};

struct pieces {
	struct output scratch; /* where one is made */
	struct piece items[FIELDS_MAX];
};

_Static_assert(FIELDS_MAX *PIECE_MAX <= OUTPUT_SIZE, "a segment fits into the buffer");

/* Makes the piece for a value; false when it is too long, or no single value. */
static bool make_piece(struct pieces *pieces, size_t index, const struct field *field,
		       const struct value *value)
{
	struct output *scratch = &pieces->scratch;
	struct piece *piece = &pieces->items[index];

	piece->length = 0;
	if (value->kind == VALUE_HOLDERS)
		return false;
	output_begin(scratch, -1);
	json_separate(scratch, index);
	json_name(scratch, field->name);
	/* what is longer than this is no value of a list of many */
	if (value->text && strlen(value->text) > (PIECE_MAX - UNIT_TEXT_SIZE) / 6)
		return false;
	json_value(scratch, value);
	if (scratch->length > PIECE_MAX)
		return false;
	memcpy(piece->text, scratch->data, scratch->length);
	piece->length = scratch->length;
	piece->value = *value;
	return true;
}

/* Writes the fields of a segment by pieces; false when one of them is none, and nothing is written. */
static bool put_pieces(struct output *output, struct pieces *pieces, struct view *view,
		       const struct field_list *list, const struct segment *segment)
{
	const size_t count = list ? list->count : field_count;
	char *at = output_reserve(output, count * PIECE_MAX);

	for (size_t i = 0; i < count; i++) {
		const struct field *field = list ? list->items[i] : &fields[i];
		struct piece *piece = &pieces->items[i];
		const struct value value = field->get(view, segment);

		if ((!piece->length || value.number != piece->value.number ||
		     value.kind != piece->value.kind || value.text != piece->value.text) &&
		    !make_piece(pieces, i, field, &value))
			return false;
		/* a length that the compiler knows costs less than the few bytes more */
		memcpy(at, piece->text, SHORT_PIECE);
		if (piece->length > SHORT_PIECE)
			memcpy(at + SHORT_PIECE, piece->text + SHORT_PIECE,
			       piece->length - SHORT_PIECE);
		at += piece->length;
	}
	output_advance(output, at);
	return true;
}

void print_json(struct output *output, struct view *view, const struct field_list *list,
		const struct segment *segments, size_t count)
{
	struct pieces *pieces = calloc(1, sizeof(*pieces));

	/* without memory for them it only takes longer */
	json_begin(output, "segments");
	for (size_t i = 0; i < count; i++) {
		json_separate(output, i);
		output_char(output, '{');
		if (!pieces || !put_pieces(output, pieces, view, list, &segments[i]))
			json_fields(output, view, list, &segments[i]);
		output_char(output, '}');
	}
	json_end(output);
	free(pieces);
}
