/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names: names of users and groups (each looked up once) and of processes. */
#ifndef TEXT_NAMES_H
#define TEXT_NAMES_H

#include <stdbool.h>
#include <sys/types.h>

#include "shm/process/process.h"
#include "shm/system/intmap.h"

struct names {
	struct intmap users;
	struct intmap groups;
	struct intmap numbers;
	bool lacks_memory; /* out of memory: some names could not be looked up or kept */
	int64_t waited;    /* for look-ups, in milliseconds */
};

/*
 * The name of a user or group, or the number as text if it has none, or if names_take_too_long().
 * Valid until names_free().
 */
const char *name_of_user(struct names *names, uid_t uid);
const char *name_of_group(struct names *names, gid_t gid);

/* Whether no more names are looked up, since it takes too long. */
bool names_take_too_long(const struct names *names);

/* The number of a user or group as text. Valid until names_free(). */
const char *number_as_name(struct names *names, uint32_t number);

void names_free(struct names *names);

/*
 * Returns the command name or the unit of a process in an unambiguous form: in double quotes
 * (with double quotes in it doubled) if it contains spaces, commas, parentheses or double
 * quotes, or if it is a word that shmtool itself prints in its place. Any process can set
 * its name. Returns text, or name itself if it needs no quotes. text needs QUOTED_SIZE bytes
 * for a name of that size, with the zero byte.
 */
#define QUOTED_SIZE(size) (2 * (size) + 2)
enum { COMMAND_TEXT_SIZE = QUOTED_SIZE(COMMAND_SIZE) };
const char *command_text(char *text, const char *name);

/* The command name of a process, process_exited if it has exited, or "" if not known. */
extern const char process_exited[];
const char *process_word(const struct process *process);

/* Writes "7803 postgres", "7803 exited" or "7803" to text, and returns text. */
enum { PROCESS_LABEL_SIZE = COMMAND_TEXT_SIZE + 16 };
const char *process_label(char text[PROCESS_LABEL_SIZE], pid_t pid, const char *word);
#define PROCESS_LABEL(process) \
	process_label((char[PROCESS_LABEL_SIZE]){ 0 }, (process)->pid, process_word(process))

#endif
