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

/*
 * For other parsers: reads digits of a base, and moves *word past them; false:
 * there is none. *overflow: the number has more than 64 bits.
 */
bool read_digits(const char **word, int base, uint64_t *number, bool *overflow);

/* Whether it begins with 0x. */
bool has_hex_prefix(const char *word);

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

/*
 * PID|PATH|NS, a namespace: a process, the number that ls -A shows, or a path, which
 * is anything but digits; then *pid and *inode are 0.
 */
const char *parse_namespace(const char *word, pid_t *pid, ino_t *inode);

/* Hex digits and blanks, two digits a byte, into bytes (strlen(word) / 2 at most). */
const char *parse_hex(const char *word, unsigned char *bytes, size_t *length);

#endif
