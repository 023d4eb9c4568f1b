/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Durations, against arithmetic that is wide enough never to wrap; and how
 * durations and times are printed, for any number that a list may hold.
 */
#include "fuzz.h"

#include "text/parse.h"
#include "text/units.h"

__extension__ typedef unsigned __int128 wide;

/* The word as a duration in milliseconds; false when it is none, or too long. */
static bool expected(const char *word, wide *total)
{
	static const struct {
		const char *name;
		unsigned int milliseconds;
	} units[] = {
		{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 }
	};
	size_t unit = 0;
	bool first = true;

	*total = 0;
	if (!*word)
		return false;
	while (*word) {
		const char *digits = word;
		size_t letters;
		wide number = 0;

		for (; *word >= '0' && *word <= '9'; word++) {
			number = number * 10 + (unsigned int)(*word - '0');
			if (number > INT64_MAX)
				number = (wide)INT64_MAX + 1;
		}
		if (word == digits)
			return false;
		letters = strspn(word, "dhms");
		if (letters == 0 && !*word && first)
			unit = 3;
		else
			while (unit < 5 && (strlen(units[unit].name) != letters ||
					    strncmp(units[unit].name, word, letters) != 0))
				unit++;
		if (unit == 5)
			return false;
		*total += number * units[unit++].milliseconds;
		if (*total > INT64_MAX)
			return false;
		word += letters;
		first = false;
	}
	return true;
}

static void check_text(int64_t seconds)
{
	char text[UNIT_TEXT_SIZE];
	int64_t back;

	duration_text(text, seconds);
	if (seconds >= 0 && seconds < INT64_MAX / 1000) {
		CHECK(!parse_duration(text, &back) && back / 1000 <= seconds);
		/* the largest unit, rounded down */
		CHECK(seconds - back / 1000 < 86400);
	}
}

static void check_times(int64_t time, int64_t now)
{
	char text[UNIT_TEXT_SIZE];

	for (int format = TIME_LOCAL; format <= TIME_AGO; format++) {
		memset(text, '#', sizeof(text));
		time_text(text, time, (enum time_format)format, now);
		CHECK(memchr(text, '\0', sizeof(text)) && text[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *word = fuzz_word(data, size);
	int64_t milliseconds;
	enum time_format format;
	wide wanted;
	bool good = expected(word, &wanted);

	CHECK(good == !parse_duration(word, &milliseconds));
	if (good)
		CHECK(milliseconds >= 0 && (wide)milliseconds == wanted);
	if (size >= 2 * sizeof(int64_t)) {
		int64_t times[2];

		memcpy(times, data, sizeof(times));
		for (int i = 0; i < 2; i++)
			times[i] &= INT64_MAX; /* no list and no clock has others */
		check_text(times[0]);
		check_times(times[0], times[1]);
	}
	(void)parse_time_format(word, &format);
	free(word);
	return 0;
}
