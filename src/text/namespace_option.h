/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * namespace_option: what the commands in hints need to act where the program
 * does, in the IPC namespace of -N or in that of a segment found by -A.
 */
#ifndef TEXT_NAMESPACE_OPTION_H
#define TEXT_NAMESPACE_OPTION_H

#include "shm/process/namespace.h"

/* From here on the program acts in this namespace: the value of -N, and the path of the namespace. */
void namespace_option_set(const char *word, const char *path);

enum { NAMESPACE_OPTION_SIZE = 512 };

/* " -N WORD", for a command of shmtool, in text, which is returned; ns: that of a segment, or NULL. */
const char *namespace_option(char text[NAMESPACE_OPTION_SIZE], const struct namespace *ns);
#define NAMESPACE_OPTION(ns) namespace_option((char[NAMESPACE_OPTION_SIZE]){ 0 }, ns)

/* "nsenter --ipc=PATH ", before any other command. */
const char *namespace_prefix(char text[NAMESPACE_OPTION_SIZE]);
#define NAMESPACE_PREFIX() namespace_prefix((char[NAMESPACE_OPTION_SIZE]){ 0 })

#endif
