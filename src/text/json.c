/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/json.h"

#include "text/holders.h"
#include "text/utf8.h"

enum { SCHEMA = 1 };

void json_begin(struct output *output, const char *name)
{
	output_format(output, "{\"schema\":%d,\"%s\":[", SCHEMA, name);
}

void json_end(struct output *output)
{
	output_text(output, "]}\n");
}

void json_separate(struct output *output, size_t index)
{
	if (index)
		output_char(output, ',');
}

void json_string(struct output *output, const char *text)
{
	output_char(output, '"');
	while (*text) {
		unsigned char first = (unsigned char)*text;
		size_t length = utf8_length(text);

		if (first == '"' || first == '\\')
			output_char(output, '\\');
		if (first < 0x20 || first == 0x7f)
			output_format(output, "\\u%04x", first);
		else if (length)
			output_bytes(output, text, length);
		else
			output_text(output, REPLACEMENT_CHARACTER);
		text += length ? length : 1;
	}
	output_char(output, '"');
}

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

void print_json(struct output *output, struct view *view, const struct field_list *list,
		const struct segment *segments, size_t count)
{
	json_begin(output, "segments");
	for (size_t i = 0; i < count; i++) {
		json_separate(output, i);
		output_char(output, '{');
		json_fields(output, view, list, &segments[i]);
		output_char(output, '}');
	}
	json_end(output);
}
