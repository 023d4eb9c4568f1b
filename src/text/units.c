/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/units.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "shm/segment/judge.h"
#include "text/parse.h"

size_t number_text(char text[NUMBER_TEXT_SIZE], uint64_t number)
{
	size_t length = 1;

	for (uint64_t rest = number; rest >= 10; rest /= 10)
		length++;
	text[length] = '\0';
	for (size_t at = length; at; number /= 10)
		text[--at] = (char)('0' + number % 10);
	return length;
}

/* Writes a number, followed by letter unless that is 0. */
static void unit_text(char *text, uint64_t number, char letter)
{
	size_t length = number_text(text, number);

	text[length] = letter;
	text[length + 1] = '\0';
}

/* "1.5G" */
static void tenths_text(char *text, uint64_t tenths, char letter)
{
	size_t length = number_text(text, tenths / 10);

	text[length] = '.';
	unit_text(text + length + 1, tenths % 10, letter);
}

void size_text(char text[UNIT_TEXT_SIZE], uint64_t bytes)
{
	static const char letters[] = "KMGTPE";
	uint64_t unit = 1024;
	size_t power = 0;
	uint64_t tenths;

	if (bytes < unit) {
		number_text(text, bytes);
		return;
	}
	/* 1023.5K and more, rounded, is 1.0M */
	while (power + 1 < strlen(letters) && bytes / unit + (bytes % unit >= unit / 2) >= 1024) {
		unit *= 1024;
		power++;
	}
	/* in tenths, without overflow: whole units, then the rest */
	tenths = bytes / unit * 10 + (bytes % unit / (unit / 1024) * 10 + 512) / 1024;
	if (tenths >= 100 || bytes % unit == 0)
		unit_text(text, bytes / unit + (bytes % unit >= unit / 2), letters[power]);
	else
		tenths_text(text, tenths, letters[power]);
}

const char *byte_count_text(char text[UNIT_TEXT_SIZE], uint64_t bytes)
{
	snprintf(text, UNIT_TEXT_SIZE, "%" PRIu64 " byte%s", bytes, bytes == 1 ? "" : "s");
	return text;
}

void duration_text(char text[UNIT_TEXT_SIZE], int64_t seconds)
{
	static const struct {
		int64_t seconds;
		char letter;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t unit = 0;

	while (units[unit].seconds > 1 && seconds < units[unit].seconds)
		unit++;
	unit_text(text, (uint64_t)(seconds / units[unit].seconds), units[unit].letter);
}

void timeout_text(char text[UNIT_TEXT_SIZE], int64_t milliseconds)
{
	const bool whole = milliseconds % 1000 == 0;

	snprintf(text, UNIT_TEXT_SIZE, "%" PRId64 "%s", whole ? milliseconds / 1000 : milliseconds,
		 whole ? "s" : "ms");
}

/* Seconds from begin to end; 0 if end is earlier. */
static int64_t seconds_from(int64_t begin, int64_t end)
{
	int64_t seconds;

	/* times of the kernel are not that far apart, but a damaged worker may send any */
	if (__builtin_sub_overflow(end, begin, &seconds))
		return end > begin ? INT64_MAX : 0; /* GCOVR_EXCL_LINE: none does so here */
	return seconds > 0 ? seconds : 0;
}

void time_text(char text[UNIT_TEXT_SIZE], int64_t time, enum time_format format, int64_t now)
{
	struct tm parts;
	time_t value = (time_t)time;
	struct tm *converted;

	if (format == TIME_EPOCH) {
		snprintf(text, UNIT_TEXT_SIZE, "%" PRId64, time);
		return;
	}
	if (format == TIME_AGO) {
		bool ahead = seconds_from(now, time) > TIME_AHEAD;

		duration_text(text, ahead ? seconds_from(now, time) : seconds_from(time, now));
		/* there is room: a duration has at most 20 characters */
		strcat(text, ahead ? " ahead" : " ago");
		return;
	}
	converted = format == TIME_RFC3339 ? gmtime_r(&value, &parts) : localtime_r(&value, &parts);
	if (!converted ||
	    !strftime(text, UNIT_TEXT_SIZE,
		      format == TIME_RFC3339 ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d %H:%M:%S",
		      converted))
		/* beyond the range of struct tm */
		snprintf(text, UNIT_TEXT_SIZE, "%" PRId64, time);
}

void ago_text(char text[UNIT_TEXT_SIZE], int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };
	bool ahead = seconds < -TIME_AHEAD;
	size_t i = 0;
	int64_t count;

	if (ahead)
		seconds = -seconds;
	else if (seconds < 0)
		seconds = 0;
	while (units[i].seconds > 1 && seconds < units[i].seconds)
		i++;
	count = seconds / units[i].seconds;
	snprintf(text, UNIT_TEXT_SIZE, "%" PRId64 " %s%s %s", count, units[i].name,
		 count == 1 ? "" : "s", ahead ? "in the future" : "ago");
}

const char *const time_format_names[] = {
	[TIME_LOCAL] = "local",
	[TIME_RFC3339] = "utc",
	[TIME_EPOCH] = "epoch",
	[TIME_AGO] = "ago",
	NULL,
};

const char *parse_time_format(const char *word, enum time_format *format)
{
	size_t which;

	if (!parse_choice(time_format_names, word, &which))
		return "not a time format (local, utc, epoch, ago)";
	*format = (enum time_format)which;
	return NULL;
}

void perms_text(char text[UNIT_TEXT_SIZE], unsigned short mode)
{
	static const char letters[] = "rwxrwxrwx";

	for (size_t i = 0; i < 9; i++)
		text[i] = (mode & (0400 >> i)) ? letters[i] : '-';
	text[9] = '\0';
}
