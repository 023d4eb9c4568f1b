/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * complete: what a shell offers behind the words typed so far. It is the
 * hidden command __complete, which the completions of bash, zsh and fish call,
 * so that all they know comes from the program's own tables.
 */
#ifndef VERBS_COMPLETE_H
#define VERBS_COMPLETE_H

#include "verbs/verb.h"

/*
 * words are those behind the program's name, the last of them the one that is
 * being typed. Prints a line for each word that it may become: the word, a tab
 * and what it is. A line ":file", or ":command N", says instead that a file is
 * wanted, or that the words from number N (from 0) are a command of their own.
 * Says nothing on stderr, whatever is wrong, and attaches nothing.
 */
enum status complete(const struct verb *const *verbs, size_t count, char **words, size_t length);

#endif
