/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modes in octal and chmod's symbolic form: never a bit above 0777, none
 * changed in a class that no clause names, and the same twice where chmod
 * would do the same twice.
 */
#include "fuzz.h"

#include <ctype.h>

#include "text/parse.h"
#include "text/units.h"

/* The bits of the classes that the clauses name; those of all when one names none. */
static unsigned int scope(const char *word)
{
	unsigned int bits = 0;

	for (; word; word = strchr(word, ',')) {
		size_t who;

		word += *word == ',';
		who = strspn(word, "ugoa");
		if (who == 0)
			return 0777;
		for (; who; who--, word++)
			bits |= *word == 'u'   ? 0700U
				: *word == 'g' ? 0070U
				: *word == 'o' ? 0007U
					       : 0777U;
	}
	return bits;
}

static void check_octal(const char *word, unsigned short mode)
{
	char *end;
	unsigned long number = strtoul(word, &end, 8);

	CHECK(isdigit((unsigned char)*word) && *end == '\0');
	CHECK(number <= 0777 && number == mode);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *word;
	char text[UNIT_TEXT_SIZE];
	unsigned short umask;
	unsigned short old;
	unsigned short mode;
	unsigned short again;

	if (size < 4)
		return 0;
	umask = (unsigned short)((data[0] << 8 | data[1]) & 0777);
	old = (unsigned short)((data[2] << 8 | data[3]) & 0777);
	word = fuzz_word(data + 4, size - 4);
	if (!parse_mode(word, &mode)) {
		check_octal(word, mode);
		CHECK(!parse_mode_change(word, umask, old, &again) && again == mode);
	}
	if (!parse_mode_change(word, umask, old, &mode)) {
		CHECK(mode <= 0777);
		perms_text(text, mode);
		CHECK(strlen(text) == 9);
		if (!isdigit((unsigned char)*word))
			CHECK(((mode ^ old) & ~scope(word)) == 0);
		/* one clause that copies nothing does the same the second time */
		if (!strpbrk(word, ",X") && !strpbrk(word + strcspn(word, "+-="), "ugo")) {
			CHECK(!parse_mode_change(word, umask, mode, &again));
			CHECK(again == mode);
		}
	}
	free(word);
	return 0;
}
