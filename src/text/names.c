/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/names.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/system/clock.h"

/* Caches a name, or the number if name is NULL. */
static const char *remember(struct names *names, struct intmap *map, uint32_t number,
			    const char *name)
{
	char digits[16];
	char *copy;

	snprintf(digits, sizeof(digits), "%u", number);
	copy = strdup(name ? name : digits);
	if (!copy || intmap_add(map, number, copy)) {
		free(copy);
		names->lacks_memory = true;
		return "?";
	}
	return copy;
}

/*
 * How long to look up names, in milliseconds. Any user can give segments to thousands of users
 * (IPC_SET), and a directory service may be asked for each.
 */
enum { PATIENCE = 5000 };

bool names_take_too_long(const struct names *names)
{
	return names->waited >= PATIENCE;
}

const char *name_of_user(struct names *names, uid_t uid)
{
	const char *known = intmap_get(&names->users, uid);
	int64_t begin;
	const struct passwd *user;

	if (known)
		return known;
	if (names_take_too_long(names))
		return number_as_name(names, uid);
	begin = monotonic_ms();
	errno = 0;
	user = getpwuid(uid);
	if (!user && errno == ENOMEM)
		names->lacks_memory = true;
	names->waited += monotonic_ms() - begin;
	return remember(names, &names->users, uid, user ? user->pw_name : NULL);
}

const char *name_of_group(struct names *names, gid_t gid)
{
	const char *known = intmap_get(&names->groups, gid);
	int64_t begin;
	const struct group *group;

	if (known)
		return known;
	if (names_take_too_long(names))
		return number_as_name(names, gid);
	begin = monotonic_ms();
	errno = 0;
	group = getgrgid(gid);
	if (!group && errno == ENOMEM)
		names->lacks_memory = true;
	names->waited += monotonic_ms() - begin;
	return remember(names, &names->groups, gid, group ? group->gr_name : NULL);
}

const char *number_as_name(struct names *names, uint32_t number)
{
	const char *known = intmap_get(&names->numbers, number);

	return known ? known : remember(names, &names->numbers, number, NULL);
}

void names_free(struct names *names)
{
	intmap_free(&names->numbers, free);
	intmap_free(&names->users, free);
	intmap_free(&names->groups, free);
}

/* Whether a command name is unambiguous without quotes. */
static bool is_plain(const char *command)
{
	/* words that shmtool prints in place of a command name, or after a number */
	static const char *const words[] = { "-", process_exited, "more", "running", "unseen" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(command, words[i]) == 0)
			return false;
	}
	return !command[strcspn(command, " ,()\"")];
}

const char *command_text(char *text, const char *name)
{
	char *to = text;

	if (is_plain(name))
		return name;
	*to++ = '"';
	for (; *name; name++) {
		*to++ = *name;
		if (*name == '"')
			*to++ = '"';
	}
	*to++ = '"';
	*to = '\0';
	return text;
}

const char process_exited[] = "exited";

const char *process_word(const struct process *process)
{
	return process->liveness == LIVENESS_GONE ? process_exited : process->command;
}

const char *process_label(char text[PROCESS_LABEL_SIZE], pid_t pid, const char *word)
{
	char command[COMMAND_TEXT_SIZE];

	snprintf(text, PROCESS_LABEL_SIZE, "%d%s%s", pid, *word ? " " : "",
		 word == process_exited ? word : command_text(command, word));
	return text;
}
