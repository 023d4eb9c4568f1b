/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/parse_segment.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "shm/segment/ftok.h"
#include "text/parse.h"

const char key_is_private[] = "key 0 (IPC_PRIVATE) does not identify a segment; use its id";

static const char *read_key_number(const char *word, key_t *key)
{
	static const char range[] = "key outside -2147483648..4294967295";
	bool negative = *word == '-';
	bool overflow;
	uint64_t number;
	int base = 10;

	word += negative;
	if (has_hex_prefix(word)) {
		base = 16;
		word += 2;
	} else if (*word == '0' && word[1]) {
		base = 8;
		word++;
	}
	if (!read_digits(&word, base, &number, &overflow) || *word || (negative && base != 10))
		return "not a key (a number such as 1234, 0x4d2 or 02322, or ftok:PROJ:PATH)";
	if (overflow)
		return range;
	if (negative && number > (uint64_t)INT32_MAX + 1)
		return range;
	/* a negative key that was sign-extended to 64 bits, as PostgreSQL prints it */
	if (!negative && number > UINT32_MAX && number < (uint64_t)(int64_t)INT32_MIN)
		return range;
	*key = (key_t)(uint32_t)(negative ? 0 - number : number);
	if (*key == 0)
		return key_is_private;
	return NULL;
}

/*
 * Reads the project of ftok:PROJ:PATH: a single character, or a number, of which ftok(3)
 * uses the low 8 bits.
 */
static const char *read_project(const char *word, size_t length, uint64_t *project)
{
	static const char wrong[] = "PROJ of ftok:PROJ:PATH must be one character or a number";
	char text[24]; /* for 2^64 - 1 */

	if (length == 0 || length >= sizeof(text))
		return wrong;
	memcpy(text, word, length);
	text[length] = '\0';
	if (!has_hex_prefix(text) && strspn(text, "0123456789") != length) {
		if (length != 1)
			return wrong;
		*project = (unsigned char)text[0];
		return NULL;
	}
	return parse_number(text, project) ? wrong : NULL;
}

/* Returns the colon after PROJ. PROJ itself may be a colon. */
static const char *after_project(const char *word)
{
	return strchr(word[0] == ':' ? word + 1 : word, ':');
}

const char *parse_ftok(const char *word, uint64_t *project, const char **path)
{
	const char *colon;

	*path = NULL;
	if (strncmp(word, "ftok:", 5) != 0)
		return NULL;
	word += 5;
	colon = after_project(word);
	if (!colon || !colon[1])
		return "not of the form ftok:PROJ:PATH";
	*path = colon + 1;
	return read_project(word, (size_t)(colon - word), project);
}

const char *parse_key_or_file(const char *word, key_t *key, int *file_error)
{
	const char *path;
	const char *wrong;
	uint64_t project;

	*file_error = 0;
	if (strncmp(word, "key:", 4) == 0)
		return read_key_number(word + 4, key);
	wrong = parse_ftok(word, &project, &path);
	if (wrong)
		return wrong;
	if (!path)
		return read_key_number(word, key);
	*file_error = ftok_key(path, project, key);
	return !*file_error && *key == 0 ? key_is_private : NULL;
}

const char *parse_key_range(const char *word, key_t *first, key_t *last, int *file_error)
{
	/* not the first character: a key may be negative */
	const char *dash = *word ? strchr(word + 1, '-') : NULL;
	const char *wrong = parse_key_or_file(word, first, file_error);
	char text[32];

	*last = *first;
	if (!wrong || !dash || dash - word >= (ptrdiff_t)sizeof(text))
		return wrong;
	snprintf(text, sizeof(text), "%.*s", (int)(dash - word), word);
	wrong = read_key_number(text, first);
	if (!wrong)
		wrong = read_key_number(dash + 1, last);
	if (!wrong && (uint32_t)*first > (uint32_t)*last)
		return "the range ends before it begins";
	return wrong;
}

const char not_a_segment[] = "not a segment (expected " SEGMENT_FORMS ")";

static const char *read_id(const char *word, int *id)
{
	bool zero_first = *word == '0' && word[1];
	const char *rest = word;
	uint64_t number;
	bool overflow;
	key_t key;

	if (!read_digits(&rest, 10, &number, &overflow) || *rest)
		return not_a_segment;
	if (zero_first)
		return "ids have no leading zeros (for an octal key, write key:0N)";
	if (overflow || number > INT_MAX)
		return read_key_number(word, &key)
			       ? "id outside 0..2147483647"
			       : "id outside 0..2147483647 (for a decimal key, write key:N)";
	*id = (int)number;
	return NULL;
}

const char *parse_segment(const char *word, struct segment_ref *ref, int *file_error)
{
	*file_error = 0;
	*ref = (struct segment_ref){ .kind = REF_KEY, .word = word };
	if (has_hex_prefix(word) || strncmp(word, "key:", 4) == 0 || strncmp(word, "ftok:", 5) == 0)
		return parse_key_or_file(word, &ref->key, file_error);
	ref->kind = REF_ID;
	if (strncmp(word, "id:", 3) == 0)
		word += 3;
	return read_id(word, &ref->id);
}
