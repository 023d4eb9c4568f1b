/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hex input: the bytes, printed again, are the word without its spaces. */
#include "fuzz.h"

#include <ctype.h>

#include "text/parse.h"

/* The word without spaces and in lower case, for free(3). */
static char *squeeze(const char *word)
{
	char *copy = fuzz_word((const uint8_t *)word, strlen(word));
	size_t length = 0;

	for (; *word; word++) {
		if (!isspace((unsigned char)*word))
			copy[length++] = (char)tolower((unsigned char)*word);
	}
	copy[length] = '\0';
	return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *word = fuzz_word(data, size);
	/* as many as parse.h promises, so that one more is seen */
	unsigned char *bytes = malloc(strlen(word) / 2);
	char *digits = squeeze(word);
	size_t length;

	if (!parse_hex(word, bytes, &length)) {
		CHECK(length * 2 == strlen(digits));
		for (size_t i = 0; i < length; i++) {
			char text[3];

			snprintf(text, sizeof(text), "%02x", bytes[i]);
			CHECK(memcmp(text, digits + 2 * i, 2) == 0);
		}
	} else {
		/* refused: some byte is no pair of digits that stand together */
		CHECK(digits[strspn(digits, "0123456789abcdef")] || strlen(digits) % 2 ||
		      strlen(digits) != strlen(word));
	}
	free(digits);
	free(bytes);
	free(word);
	return 0;
}
