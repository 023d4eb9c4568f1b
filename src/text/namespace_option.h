/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * namespace_option: options for the commands in hints, so that they act in the same IPC namespace
 * as the program: that of -N, or that of a segment found by -A.
 */
#ifndef TEXT_NAMESPACE_OPTION_H
#define TEXT_NAMESPACE_OPTION_H

#include "shm/process/namespace.h"

/* Sets the namespace in which the program acts from here on: the value of -N, and its path. */
void namespace_option_set(const char *word, const char *path);

enum { NAMESPACE_OPTION_SIZE = 512 };

/*
 * Writes " -N WORD", for a command of shmtool, or "" to text, and returns text. ns: the namespace
 * of a segment, or NULL.
 */
const char *namespace_option(char text[NAMESPACE_OPTION_SIZE], const struct namespace *ns);
#define NAMESPACE_OPTION(ns) namespace_option((char[NAMESPACE_OPTION_SIZE]){ 0 }, ns)

/* Returns "nsenter --ipc=PATH ", for any other command, or "". */
const char *namespace_prefix(void);

#endif
