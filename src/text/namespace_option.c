/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/namespace_option.h"

#include <stdio.h>

#include "text/escape.h"

/* Static, since every message needs it, and it is set once. NULL: the namespace of the caller. */
static const char *word_of_option;
static char prefix[NAMESPACE_OPTION_SIZE];

void namespace_option_set(const char *word, const char *path)
{
	char quoted[NAMESPACE_OPTION_SIZE - 32];

	word_of_option = word;
	snprintf(prefix, sizeof(prefix), "nsenter --ipc=%s ",
		 quote_word(quoted, sizeof(quoted), path));
}

const char *namespace_option(char text[NAMESPACE_OPTION_SIZE], const struct namespace *ns)
{
	const char *word = ns ? ns->path : word_of_option;
	char quoted[NAMESPACE_OPTION_SIZE - 32];

	if (word)
		snprintf(text, NAMESPACE_OPTION_SIZE, " -N %s",
			 quote_word(quoted, sizeof(quoted), word));
	else
		*text = '\0';
	return text;
}

const char *namespace_prefix(char text[NAMESPACE_OPTION_SIZE])
{
	snprintf(text, NAMESPACE_OPTION_SIZE, "%s", prefix);
	return text;
}
