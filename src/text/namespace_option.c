/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/namespace_option.h"

#include <stdio.h>
#include <unistd.h>

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
	char quoted[NAMESPACE_OPTION_SIZE - 32];

	*text = '\0';
	/* not by its path: a user may have chosen that, and can have it name another one */
	if (ns && ns->pid != getpid())
		snprintf(text, NAMESPACE_OPTION_SIZE, " -N %lu", (unsigned long)ns->inode);
	else if (!ns && word_of_option)
		snprintf(text, NAMESPACE_OPTION_SIZE, " -N %s",
			 quote_word(quoted, sizeof(quoted), word_of_option));
	return text;
}

const char *namespace_prefix(void)
{
	return prefix;
}
