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

/* What is shown beside a pid: the command, "exited", or "" where neither is known. */
const char *process_word(const struct process *process);

/* "7803 postgres", "7803 exited" or "7803", in text, which is returned. */
enum { PROCESS_LABEL_SIZE = COMMAND_SIZE + 16 };
const char *process_label(char text[PROCESS_LABEL_SIZE], pid_t pid, const char *word);
#define PROCESS_LABEL(process) \
	process_label((char[PROCESS_LABEL_SIZE]){ 0 }, (process)->pid, process_word(process))

#endif
