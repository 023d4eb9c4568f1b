/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * complete: the hidden command __complete, which the completion scripts of bash, zsh and
 * fish call. So all completions come from the program's own tables.
 */
#ifndef VERBS_COMPLETE_H
#define VERBS_COMPLETE_H

#include "verbs/verb.h"

/*
 * words are the words after the program's name. The last one is being typed. Prints a line
 * for each possible completion: the word, a tab, and a description. The line ":file"
 * means that the shell should complete a file name. The line ":command N" means that the
 * words from number N (counted from 0) are a command of their own. Prints nothing on
 * stderr, even on errors, and attaches nothing.
 */
enum status complete(const struct verb *const *verbs, size_t count, char **words, size_t length);

#endif
