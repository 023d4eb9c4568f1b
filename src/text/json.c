/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/json.h"

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
