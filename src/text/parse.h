/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parse: parses command-line arguments. The functions that return text return NULL and set
 * their result, or return what is wrong with the argument, for a message such as
 * `--size "12Q": not a size (...)`. A number that is out of range is an error, never
 * clamped. Signs, whitespace and trailing characters are errors.
 */
#ifndef TEXT_PARSE_H
#define TEXT_PARSE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * For other parsers: reads digits of this base and moves *word after them. Returns false
 * if there is no digit. Sets *overflow if the number has more than 64 bits.
 */
bool read_digits(const char **word, int base, uint64_t *number, bool *overflow);

/* Whether word begins with 0x. */
bool has_hex_prefix(const char *word);

/*
 * Sets *item and *length to the next item of a comma-separated list, and moves *list after
 * it. Returns false if there is none. An empty list has one item, which is empty.
 */
bool next_in_list(const char **list, const char **item, size_t *length);

/* Sets the index of word in a list of names that ends with NULL. Returns false if absent. */
bool parse_choice(const char *const *names, const char *word, size_t *which);

/* A decimal number, or with 0x a hexadecimal one. */
const char *parse_number(const char *word, uint64_t *number);

/* Bytes: a number, or decimal digits with K, M, G, T, P or E (also KiB and KB, 1024 bytes). */
const char *parse_size(const char *word, uint64_t *bytes);

/* A duration: 500ms, 90s, 10m, 2h, 3d or 1h30m. A number without unit is in seconds. */
const char *parse_duration(const char *word, int64_t *milliseconds);

/* An octal mode, at most 0777. */
const char *parse_mode(const char *word, unsigned short *mode);

/*
 * A mode in octal or in the symbolic form of chmod(1), applied to an old mode. As with
 * chmod(1), clauses without u, g, o or a do not set bits that are set in the umask.
 */
const char *parse_mode_change(const char *word, unsigned short umask, unsigned short old,
			      unsigned short *mode);

/*
 * A user or group: a name or a number; +N is always a number. parse_user() returns no_such_user
 * only if there is none: not if a name service does not answer, where getpwnam(3) says the same,
 * or if there is no /etc/passwd, as in an image that has only this program. If a look-up fails, a
 * number without + is an error, too: it could be a name.
 */
extern const char no_such_user[];
const char *parse_user(const char *word, uid_t *uid);
const char *parse_group(const char *word, gid_t *gid);

/* How many bytes getpwnam_r(3) gets for an entry. One that is longer counts as a failure. */
enum { PASSWD_SIZE = 16384 };

/* Whether such a word is a name, which stands for another number in another user namespace. */
bool is_name(const char *word);

/* A process id, which is at least 1. */
const char *parse_pid(const char *word, pid_t *pid);

/*
 * A namespace, as PID|PATH|NS: a process, a path, or the number that ls -A shows. If the
 * argument is not a number, it is a path, and *pid and *inode are set to 0.
 */
const char *parse_namespace(const char *word, pid_t *pid, ino_t *inode);

/* Bytes, each as two hex digits, with optional spaces between; at most strlen(word) / 2. */
const char *parse_hex(const char *word, unsigned char *bytes, size_t *length);

#endif
