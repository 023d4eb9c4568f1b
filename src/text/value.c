/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/value.h"

#include <string.h>

#include "text/view.h"

int compare_values(const struct value *a, const struct value *b)
{
	if (a->kind == VALUE_UNKNOWN || b->kind == VALUE_UNKNOWN)
		return (a->kind != VALUE_UNKNOWN) - (b->kind != VALUE_UNKNOWN);
	if (a->kind != b->kind)
		return (a->kind > b->kind) - (a->kind < b->kind);
	if (a->kind == VALUE_TEXT || a->kind == VALUE_COMMAND || a->kind == VALUE_STATE)
		return strcmp(a->text, b->text);
	return (a->number > b->number) - (a->number < b->number);
}

static void key_text(char buffer[VALUE_TEXT_SIZE], uint64_t key)
{
	static const char digits[] = "0123456789abcdef";

	buffer[0] = '0';
	buffer[1] = 'x';
	for (int i = 0; i < 8; i++)
		buffer[2 + i] = digits[key >> (28 - 4 * i) & 15];
	buffer[10] = '\0';
}

static void mode_text(char buffer[VALUE_TEXT_SIZE], uint64_t mode)
{
	buffer[0] = '0';
	for (int i = 0; i < 3; i++)
		buffer[1 + i] = (char)('0' + (mode >> (6 - 3 * i) & 7));
	buffer[4] = '\0';
}

const char *holders_in_full(const struct value *value)
{
	return *value->text ? strchr(value->text, '\0') + 1 : "-";
}

const char *value_for_programs(const struct value *value, char buffer[VALUE_TEXT_SIZE])
{
	switch (value->kind) {
	case VALUE_UNKNOWN:
		return "-";
	case VALUE_NUMBER:
	case VALUE_SIZE:
	case VALUE_DURATION:
		number_text(buffer, value->number);
		return buffer;
	case VALUE_KEY:
		key_text(buffer, value->number);
		return buffer;
	case VALUE_MODE:
		mode_text(buffer, value->number);
		return buffer;
	case VALUE_PERMS:
		perms_text(buffer, (unsigned short)value->number);
		return buffer;
	case VALUE_TIME:
		time_text(buffer, (int64_t)value->number, TIME_RFC3339, 0);
		return buffer;
	case VALUE_FLAG:
		return value->number ? "yes" : "no";
	case VALUE_TEXT:
	case VALUE_STATE:
		return value->text;
	case VALUE_COMMAND:
		return command_text(buffer, value->text);
	case VALUE_HOLDERS:
		return holders_in_full(value);
	case VALUE_PROCESS:
		break;
	}
	return process_label(buffer, (pid_t)value->number, value->text);
}

const char *value_for_people(const struct view *view, const struct value *value,
			     char buffer[VALUE_TEXT_SIZE])
{
	switch (value->kind) {
	case VALUE_SIZE:
		if (view->exact)
			break;
		size_text(buffer, value->number);
		return buffer;
	case VALUE_TIME:
		time_text(buffer, (int64_t)value->number, view->times, view->judge->now);
		return buffer;
	case VALUE_DURATION:
		duration_text(buffer, (int64_t)value->number);
		return buffer;
	case VALUE_HOLDERS:
		return *value->text ? value->text : "-";
	default:
		break;
	}
	return value_for_programs(value, buffer);
}
