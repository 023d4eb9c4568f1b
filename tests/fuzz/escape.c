/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names from other users, printed on a terminal or in JSON: no control character gets
 * through, whatever the size of the buffer, and JSON is valid.
 */
#include "fuzz.h"

#include "text/escape.h"
#include "text/json.h"

/* Whether a terminal would take any of it for more than a character. */
static bool has_control(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	for (; *at; at++) {
		if (*at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0))
			return true;
	}
	return false;
}

static void check_json(const char *word)
{
	static struct output output;

	output_begin(&output, -1);
	json_string(&output, word);
	CHECK(output.length >= 2 && output.length < sizeof(output.data));
	CHECK(output.data[0] == '"' && output.data[output.length - 1] == '"');
	output.data[output.length - 1] = '\0';
	for (const char *at = output.data + 1; *at; at++) {
		CHECK((unsigned char)*at >= 0x20 && *at != '"');
		if (*at == '\\') {
			CHECK(at[1] && strchr("\"\\u", at[1]));
			at++;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *word;
	char *copy;
	size_t room;
	size_t length;

	if (size < 2 || size > 4096)
		return 0;
	word = fuzz_word(data + 1, size - 1);
	room = 1 + data[0];
	copy = malloc(room);
	if (!copy)
		abort();
	length = escape_controls(copy, room, word);
	CHECK(length < room && strlen(copy) == length);
	CHECK(!has_control(copy));
	/* cut off only if the longest escape sequence would no longer fit */
	CHECK(length >= strlen(word) || length + ESCAPED_SIZE - 1 >= room);
	check_json(word);
	free(copy);
	free(word);
	return 0;
}
