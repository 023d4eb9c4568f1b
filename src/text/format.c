/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/format.h"

#include <string.h>

/*
 * Parses one piece of a format and moves *format after it. Sets *field for %{field}, or
 * *text and *length for anything else. Returns what is wrong, or NULL.
 */
static const char *next_piece(const char **format, const struct field **field, const char **text,
			      size_t *length)
{
	static const struct {
		char sequence[3];
		char result[2];
	} escapes[] = { { "%%", "%" }, { "\\t", "\t" }, { "\\n", "\n" }, { "\\\\", "\\" } };
	const char *at = *format;

	*field = NULL;
	*text = at;
	*length = strcspn(at, "%\\");
	if (*length) {
		*format = at + *length;
		return NULL;
	}
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		if (strncmp(at, escapes[i].sequence, 2) == 0) {
			*text = escapes[i].result;
			*length = 1;
			*format = at + 2;
			return NULL;
		}
	}
	if (at[0] == '%' && at[1] == '{') {
		size_t name = strcspn(at + 2, "}");

		*field = find_field(at + 2, name);
		if (at[2 + name] != '}')
			return "missing } after %{";
		if (!*field)
			return no_such_field(at + 2, name);
		*format = at + 3 + name;
		return NULL;
	}
	return "invalid format (use %{FIELD}, %%, \\t, \\n, \\\\)";
}

const char *check_format(const char *format)
{
	while (*format) {
		const struct field *field;
		const char *text;
		size_t length;
		const char *wrong = next_piece(&format, &field, &text, &length);

		if (wrong)
			return wrong;
	}
	return NULL;
}

unsigned int format_needs(const char *format)
{
	unsigned int needs = 0;
	const struct field *field;
	const char *text;
	size_t length;

	while (*format && !next_piece(&format, &field, &text, &length)) {
		if (field)
			needs |= field->needs;
	}
	return needs;
}

void print_format(struct output *output, const char *format, struct view *view,
		  const struct segment *segment)
{
	const struct field *field;
	const char *text;
	size_t length;

	while (*format && !next_piece(&format, &field, &text, &length)) {
		if (field) {
			char buffer[VALUE_TEXT_SIZE];
			struct value value = field->get(view, segment);

			output_escaped(output, value_for_programs(&value, buffer));
		} else {
			output_bytes(output, text, length);
		}
	}
	output_char(output, '\n');
}
