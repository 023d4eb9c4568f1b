/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/state_names.h"

#include <string.h>

#include "text/parse.h"

static const char *const names[STATE_COUNT] = {
	[STATE_DEST] = "dest",         [STATE_ATTACHED] = "attached", [STATE_KEPT] = "kept",
	[STATE_ORPHANED] = "orphaned", [STATE_DETACHED] = "detached",
};

const char *state_name(enum segment_state state)
{
	return names[state];
}

const char *state_color(enum segment_state state)
{
	static const char *const codes[STATE_COUNT] = {
		[STATE_DEST] = "1;35",     /* magenta */
		[STATE_KEPT] = "1;34",     /* blue */
		[STATE_ORPHANED] = "1;31", /* red */
	};

	return codes[state];
}

const char *parse_states(const char *word, unsigned int *set)
{
	const char *item;
	size_t length;

	while (next_in_list(&word, &item, &length)) {
		size_t state = 0;

		while (state < STATE_COUNT &&
		       (strlen(names[state]) != length || memcmp(names[state], item, length) != 0))
			state++;
		if (state == STATE_COUNT)
			return "not a state (dest, attached, kept, orphaned, detached)";
		*set |= 1U << state;
	}
	return NULL;
}
