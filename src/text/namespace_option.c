/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/namespace_option.h"

#include <inttypes.h>
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
	/* the namespace of this process is named by its pid if it is the only one there */
	if (ns && ns->pid == getpid())
		return text;
	/*
	 * When the command is used, a pid, or a path where a user has mounted a namespace, can be
	 * that of any other one. A number can be that of a newer one, but of none that exists now.
	 */
	if (ns)
		snprintf(text, NAMESPACE_OPTION_SIZE, " -N %" PRIu64, ns->inode);
	else if (word_of_option)
		snprintf(text, NAMESPACE_OPTION_SIZE, " -N %s",
			 quote_word(quoted, sizeof(quoted), word_of_option));
	return text;
}

const char *namespace_prefix(void)
{
	return prefix;
}
