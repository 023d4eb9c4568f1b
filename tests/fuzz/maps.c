/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of /proc/PID/maps: it finds the lines that a regular expression
 * finds, in their order, with the numbers that the C library reads in them. A
 * process chooses the names of its files, and so much of this text.
 */
#include "fuzz.h"

#include <errno.h>
#include <regex.h>
#include <sys/sysmacros.h>

#include "shm/process/maps.h"

#define HEX "([0-9a-f]+)"

static const char pattern[] = "^" HEX "-" HEX " (..)([^\n]s) " HEX " " HEX ":" HEX
			      " ([0-9]+) +/SYSV([0-9a-f]{8}) \\(deleted\\)$";

enum { START = 1, END, ACCESS, FLAGS, OFFSET, MAJOR, MINOR, INODE, KEY, GROUPS };

/* The number of this group; false when it does not fit. */
static bool number_of(const char *line, const regmatch_t *group, int base, uint64_t *number)
{
	errno = 0;
	*number = strtoull(line + group->rm_so, NULL, base);
	return !errno;
}

/* The line as the expression sees it; false: no mapping of a segment. */
static bool expected(const char *line, struct mapping *mapping)
{
	static regex_t expression;
	static bool compiled;
	regmatch_t groups[GROUPS];
	uint64_t key;
	uint64_t major_number;
	uint64_t minor_number;
	const char *access;

	if (!compiled && regcomp(&expression, pattern, REG_EXTENDED))
		abort();
	compiled = true;
	if (regexec(&expression, line, GROUPS, groups, 0))
		return false;
	if (!number_of(line, &groups[START], 16, &mapping->start) ||
	    !number_of(line, &groups[END], 16, &mapping->end) ||
	    !number_of(line, &groups[OFFSET], 16, &mapping->offset) ||
	    !number_of(line, &groups[MAJOR], 16, &major_number) ||
	    !number_of(line, &groups[MINOR], 16, &minor_number) ||
	    !number_of(line, &groups[INODE], 10, &mapping->inode) ||
	    !number_of(line, &groups[KEY], 16, &key) || mapping->start >= mapping->end)
		return false;
	access = line + groups[ACCESS].rm_so;
	mapping->access = access[1] == 'w'   ? MAPPING_WRITE
			  : access[0] == 'r' ? MAPPING_READ
					     : MAPPING_NONE;
	mapping->device = makedev((unsigned int)major_number, (unsigned int)minor_number);
	mapping->key = (key_t)(uint32_t)key;
	return true;
}

static void check_same(const struct mapping *a, const struct mapping *b)
{
	CHECK(a->start == b->start && a->end == b->end && a->offset == b->offset);
	CHECK(a->inode == b->inode && a->device == b->device && a->key == b->key);
	CHECK(a->access == b->access);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_word(data, size);
	char *copy;
	char *rest;
	char *line;
	const char *at = text;
	const char *end = text + size;
	struct mapping mapping;
	struct mapping wanted;

	/* the kernel writes none, and the expression would stop there */
	for (char *zero = text; (zero = memchr(zero, '\0', (size_t)(end - zero)));)
		*zero = '?';
	rest = copy = fuzz_word((const uint8_t *)text, size);
	while ((line = strsep(&rest, "\n"))) {
		const char *before = at;

		if (!expected(line, &wanted))
			continue;
		CHECK(maps_next(&at, end, &mapping));
		CHECK(at > before && at <= end);
		check_same(&mapping, &wanted);
	}
	CHECK(!maps_next(&at, end, &mapping));
	CHECK(at == end);
	free(copy);
	free(text);
	return 0;
}
