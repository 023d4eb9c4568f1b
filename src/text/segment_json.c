/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/segment_json.h"

#include "text/holders_text.h"
#include "text/json.h"

/* `,"name":` of a field, formatted once for a list: otherwise a long list takes 10 % longer. */
struct label {
	char text[32];
	size_t length;
};

static void make_label(struct label *label, const char *name, bool first)
{
	char *at = label->text;

	if (!first)
		*at++ = ',';
	*at++ = '"';
	for (; *name; name++)
		*at++ = *name == '-' ? '_' : *name;
	*at++ = '"';
	*at++ = ':';
	label->length = (size_t)(at - label->text);
}

static const struct field *field_at(const struct field_list *list, size_t index)
{
	return list ? list->items[index] : &fields[index];
}

static size_t make_labels(struct label labels[FIELDS_MAX], const struct field_list *list)
{
	size_t count = list ? list->count : field_count;

	for (size_t i = 0; i < count; i++)
		make_label(&labels[i], field_at(list, i)->name, i == 0);
	return count;
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
	case VALUE_COMMAND:
		json_string(output, value->text);
		break;
	default:
		json_string(output, value_for_programs(value, buffer));
	}
}

void json_field(struct output *output, struct view *view, const struct field *field,
		const struct segment *segment)
{
	const struct value value = field->get(view, segment);

	/* the only field that is an array */
	if (value.kind == VALUE_HOLDERS)
		json_holders(output, view, segment);
	else
		json_value(output, &value);
}

static void print_fields(struct output *output, struct view *view, const struct field_list *list,
			 const struct label *labels, size_t count, const struct segment *segment)
{
	for (size_t i = 0; i < count; i++) {
		output_bytes(output, labels[i].text, labels[i].length);
		json_field(output, view, field_at(list, i), segment);
	}
}

void json_fields(struct output *output, struct view *view, const struct field_list *list,
		 const struct segment *segment)
{
	struct label labels[FIELDS_MAX];
	size_t count = make_labels(labels, list);

	print_fields(output, view, list, labels, count, segment);
}

void print_json(struct output *output, struct view *view, const struct field_list *list,
		const struct segment *segments, size_t count)
{
	struct label labels[FIELDS_MAX];
	size_t label_count = make_labels(labels, list);

	json_begin(output, "segments");
	for (size_t i = 0; i < count; i++) {
		json_separate(output, i);
		output_char(output, '{');
		print_fields(output, view, list, labels, label_count, &segments[i]);
		output_char(output, '}');
	}
	json_end(output);
}
