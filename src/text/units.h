/* SPDX-License-Identifier: GPL-2.0-or-later */
/* units: formats sizes, durations and times for people. */
#ifndef TEXT_UNITS_H
#define TEXT_UNITS_H

#include <stddef.h>
#include <stdint.h>

enum { UNIT_TEXT_SIZE = 48, NUMBER_TEXT_SIZE = 21 };

/* Writes the number in decimal, and returns its length. Faster than snprintf(3). */
size_t number_text(char text[NUMBER_TEXT_SIZE], uint64_t number);

/* "512", "64K", "1.5G": in powers of 1024, rounded to nearest. */
void size_text(char text[UNIT_TEXT_SIZE], uint64_t bytes);

/* "1 byte", "4096 bytes"; BYTES() for the argument of a message. */
const char *byte_count_text(char text[UNIT_TEXT_SIZE], uint64_t bytes);
#define BYTES(bytes) byte_count_text((char[UNIT_TEXT_SIZE]){ 0 }, bytes)

/* "12s", "5m", "2h", "3d": the largest unit, rounded down. */
void duration_text(char text[UNIT_TEXT_SIZE], int64_t seconds);

/* "5s", "100ms": exact. */
void timeout_text(char text[UNIT_TEXT_SIZE], int64_t milliseconds);

/* A duration in a sentence: "3 days ago", "1 minute ago", "2 days in the future". */
void ago_text(char text[UNIT_TEXT_SIZE], int64_t seconds);

enum time_format {
	TIME_LOCAL,   /* 2026-11-23 09:30:00, in the local time zone */
	TIME_RFC3339, /* 2026-11-23T09:30:00Z (RFC 3339) */
	TIME_EPOCH,   /* seconds since 1970 */
	TIME_AGO,     /* 3d ago, 2d ahead (the clock was set back) */
};

/* Writes a time in this format. now is needed for TIME_AGO. Both are in seconds since 1970. */
void time_text(char text[UNIT_TEXT_SIZE], int64_t time, enum time_format format, int64_t now);

/* The names of the formats. The list ends with NULL. */
extern const char *const time_format_names[];

/* Parses the value of --time-format. Returns what is wrong with it, or NULL. */
const char *parse_time_format(const char *word, enum time_format *format);

/* "rw-r-----" */
void perms_text(char text[UNIT_TEXT_SIZE], unsigned short mode);

#endif
