/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parse: the words that people type. Every function returns NULL and sets its
 * result, or returns what is wrong with the word, fit for a message such as
 * `--size "12Q": not a size (...)`. Nothing is ever clamped or wrapped; signs,
 * blanks and trailing garbage are refused.
 */
#ifndef TEXT_PARSE_H
#define TEXT_PARSE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shm/segment/segment.h"

/*
 * Steps over the first of items with commas between: *item is so many bytes long.
 * False: there is none left. Of an empty list, the only item is empty.
 */
bool next_in_list(const char **list, const char **item, size_t *length);

/* Which of these names a word is; false: none. The list ends with NULL. */
bool parse_choice(const char *const *names, const char *word, size_t *which);

/* A number in decimal, or hexadecimal with 0x. */
const char *parse_number(const char *word, uint64_t *number);

/* Bytes: a number, or decimal digits with K M G T P E (KiB, KB as well). */
const char *parse_size(const char *word, uint64_t *bytes);

/* A duration in milliseconds: 500ms 90s 10m 2h 3d, 1h30m; bare: seconds. */
const char *parse_duration(const char *word, int64_t *milliseconds);

/* An octal mode, 0777 at most. */
const char *parse_mode(const char *word, unsigned short *mode);

/*
 * A mode in octal or chmod's symbolic form, applied to an old mode. Clauses
 * without u, g, o or a leave alone what the umask names, as chmod(1) does.
 */
const char *parse_mode_change(const char *word, unsigned short umask, unsigned short old,
			      unsigned short *mode);

/*
 * A user or group: its name, or a number; +N is always a number. With no_such_user
 * errno is that of getpwnam(3): the look-up may have failed.
 */
extern const char no_such_user[];
const char *parse_user(const char *word, uid_t *uid);
const char *parse_group(const char *word, gid_t *gid);

/* A process id, from 1. */
const char *parse_pid(const char *word, pid_t *pid);

/* PID|PATH, a namespace: *pid is 0 for a path, which is anything but digits. */
const char *parse_namespace(const char *word, pid_t *pid);

/*
 * A SEGMENT operand. *file_error is set to an errno value or an error of
 * safe_open.h when the word is well formed but its ftok PATH cannot be resolved
 * (and NULL is returned).
 */
const char *parse_segment(const char *word, struct segment_ref *ref, int *file_error);

/*
 * A key: a number (decimal, 0x, 0 for octal; key: may stand before it) or
 * ftok:PROJ:PATH; never 0. file_error as in parse_segment.
 */
const char *parse_key_or_file(const char *word, key_t *key, int *file_error);

/* The PATH of a word that was well formed, if it is ftok:PROJ:PATH, or NULL. */
const char *path_of_ftok(const char *word);

/* Hex digits and blanks, two digits a byte, into bytes (strlen(word) / 2 at most). */
const char *parse_hex(const char *word, unsigned char *bytes, size_t *length);

#endif
