/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

size_t number_text(char text[NUMBER_TEXT_SIZE], uint64_t number)
{
	char digits[NUMBER_TEXT_SIZE];
	size_t at = sizeof(digits);
	size_t length;

	digits[--at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	length = sizeof(digits) - at - 1;
	memcpy(text, digits + at, length + 1);
	return length;
}

/* The number and a letter behind it, if there is one. */
static void unit_text(char *text, uint64_t number, char letter)
{
	size_t length = number_text(text, number);

	text[length] = letter;
	text[length + 1] = '\0';
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
	while (power + 1 < strlen(letters) && bytes / 1024 >= unit) {
		unit *= 1024;
		power++;
	}
	/* in tenths, without overflow: whole units, then the rest */
	tenths = bytes / unit * 10 + (bytes % unit / (unit / 1024) * 10 + 512) / 1024;
	if (tenths >= 100 || bytes % unit == 0)
		unit_text(text, bytes / unit + (bytes % unit >= unit / 2), letters[power]);
	else
		snprintf(text, UNIT_TEXT_SIZE, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10,
			 tenths % 10, letters[power]);
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
		duration_text(text, now > time ? now - time : 0);
		strcat(text, " ago"); /* a duration has 20 characters at most */
		return;
	}
	converted = format == TIME_UTC ? gmtime_r(&value, &parts) : localtime_r(&value, &parts);
	if (!converted ||
	    !strftime(text, UNIT_TEXT_SIZE,
		      format == TIME_UTC ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d %H:%M:%S", converted))
		/* beyond what a calendar can tell */
		snprintf(text, UNIT_TEXT_SIZE, "%" PRId64, time);
}

const char *const time_format_names[] = {
	[TIME_LOCAL] = "local",
	[TIME_UTC] = "utc",
	[TIME_EPOCH] = "epoch",
	[TIME_AGO] = "ago",
	NULL,
};

const char *parse_time_format(const char *word, enum time_format *format)
{
	for (size_t i = 0; time_format_names[i]; i++) {
		if (strcmp(time_format_names[i], word) == 0) {
			*format = (enum time_format)i;
			return NULL;
		}
	}
	return "not a time format (local, utc, epoch, ago)";
}

void perms_text(char text[UNIT_TEXT_SIZE], unsigned short mode)
{
	static const char letters[] = "rwxrwxrwx";

	for (size_t i = 0; i < 9; i++)
		text[i] = (mode & (0400 >> i)) ? letters[i] : '-';
	text[9] = '\0';
}
