/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names: names of users and groups, each looked up once, and of processes. */
#ifndef TEXT_NAMES_H
#define TEXT_NAMES_H

#include <stdbool.h>
#include <sys/types.h>

#include "shm/process/process.h"
#include "shm/system/intmap.h"

struct names {
	struct intmap users;
	struct intmap groups;
	bool lacks_memory; /* some could not be looked up or kept */
};

/* The name, or the number as text where there is none. Valid until names_free(). */
const char *name_of_user(struct names *names, uid_t uid);
const char *name_of_group(struct names *names, gid_t gid);

void names_free(struct names *names);

/*
 * The name that a process gave itself, as text that cannot be taken for a word of
 * shmtool or for more than one name: in double quotes, and a double quote in it
 * twice, if it is one of these words or has blanks, commas, parentheses or double
 * quotes. It is text, or the command itself.
 */
enum { COMMAND_TEXT_SIZE = 2 * COMMAND_SIZE + 2 };
const char *command_text(char text[COMMAND_TEXT_SIZE], const char *command);

/* What is known of a process: its command, process_exited, or "" where neither is. */
extern const char process_exited[];
const char *process_word(const struct process *process);

/* "7803 postgres", "7803 exited" or "7803", in text, which is returned. */
enum { PROCESS_LABEL_SIZE = COMMAND_TEXT_SIZE + 16 };
const char *process_label(char text[PROCESS_LABEL_SIZE], pid_t pid, const char *word);
#define PROCESS_LABEL(process) \
	process_label((char[PROCESS_LABEL_SIZE]){ 0 }, (process)->pid, process_word(process))

#endif
