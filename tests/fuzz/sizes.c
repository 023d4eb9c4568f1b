/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizes and plain numbers, against arithmetic that is wide enough never to
 * wrap; and what is printed for a size, which parse_size must read back.
 */
#include "fuzz.h"

#include <ctype.h>

#include "text/parse.h"
#include "text/units.h"

__extension__ typedef unsigned __int128 wide;

/* The word as a size; false when it is none, or beyond 64 bits. */
static bool expected(const char *word, wide *size)
{
	static const char letters[] = "KMGTPE";
	bool hex = word[0] == '0' && tolower((unsigned char)word[1]) == 'x';
	const char *digits = hex ? "0123456789abcdefABCDEF" : "0123456789";
	const char *letter;
	unsigned int unit = 1024;

	word += hex ? 2 : 0;
	if (!*word || !strchr(digits, *word))
		return false;
	for (*size = 0; *word && strchr(digits, *word); word++) {
		char digit[2] = { *word, '\0' };

		*size = *size * (hex ? 16 : 10) + strtoul(digit, NULL, 16);
		if (*size > UINT64_MAX)
			return false;
	}
	if (!*word)
		return true;
	letter = strchr(letters, toupper((unsigned char)*word));
	if (hex || !letter)
		return false;
	if (strcmp(word + 1, "B") == 0)
		unit = 1000;
	else if (word[1] && strcmp(word + 1, "iB") != 0)
		return false;
	for (long power = letter - letters; power >= 0; power--) {
		*size *= unit;
		if (*size > UINT64_MAX)
			return false;
	}
	return true;
}

/* What is printed has at most three digits and is read back within its rounding. */
static void check_text(uint64_t size)
{
	char text[UNIT_TEXT_SIZE];
	char digits[NUMBER_TEXT_SIZE];
	char again[32];
	uint64_t back;

	snprintf(again, sizeof(again), "%llu", (unsigned long long)size);
	CHECK(number_text(digits, size) == strlen(again) && strcmp(digits, again) == 0);
	CHECK(!parse_number(digits, &back) && back == size);

	size_text(text, size);
	CHECK(strlen(text) <= 5);
	if (!strchr(text, '.')) {
		const char *wrong = parse_size(text, &back);

		/* 16 EiB is what the largest sizes are rounded to */
		CHECK(!wrong || strcmp(text, "16E") == 0);
		if (!wrong)
			CHECK((back > size ? back - size : size - back) <= size / 20);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *word = fuzz_word(data, size);
	uint64_t bytes;
	uint64_t number;
	wide wanted;
	bool good = expected(word, &wanted);

	CHECK(good == !parse_size(word, &bytes));
	if (good) {
		CHECK(bytes == wanted);
		check_text(bytes);
	}
	good = good && isxdigit((unsigned char)word[strlen(word) - 1]) &&
	       !strpbrk(word, "gGiIkKmMpPtT") &&
	       (word[1] == 'x' || word[1] == 'X' || !strpbrk(word, "bBeE"));
	CHECK(good == !parse_number(word, &number));
	if (good)
		CHECK(number == wanted);
	if (size >= sizeof(number)) {
		memcpy(&number, data, sizeof(number));
		check_text(number);
	}
	free(word);
	return 0;
}
