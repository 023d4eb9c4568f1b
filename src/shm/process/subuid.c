/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/subuid.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many users a container usually has */
enum { CONTAINER = 65536 };

/* Narrows the range if this line ("NAME:FIRST:COUNT") has the user. */
static void take_line(const char *line, uid_t uid, struct uid_range *range)
{
	const char *colon = strchr(line, ':');
	unsigned long first;
	unsigned long count;
	unsigned long before;
	char *end;

	if (!colon)
		return;
	first = strtoul(colon + 1, &end, 10);
	if (*end != ':')
		return;
	count = strtoul(end + 1, NULL, 10);
	if (uid < first || uid - first >= count)
		return;
	before = (uid - first) / CONTAINER * CONTAINER;
	count -= before;
	range->first = (uid_t)(first + before);
	if (count > CONTAINER)
		count = CONTAINER;
	/* a wrong line may go beyond the last number of a user */
	if (count - 1 > UINT32_MAX - range->first)
		count = UINT32_MAX - range->first + 1UL;
	range->last = range->first + (uid_t)(count - 1);
}

struct uid_range subuid_range(uid_t uid)
{
	struct uid_range range = { uid, uid };
	FILE *file = fopen("/etc/subuid", "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		take_line(line, uid, &range);
	if (file)
		fclose(file);
	return range;
}
