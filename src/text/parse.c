/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/parse.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text/error.h"

static const char not_a_number[] = "not a number (decimal, or hexadecimal with 0x)";
static const char too_large[] = "number too large";

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return INT_MAX;
}

bool read_digits(const char **word, int base, uint64_t *number, bool *overflow)
{
	const char *at = *word;

	*number = 0;
	*overflow = false;
	for (; digit_of(*at) < base; at++) {
		if (__builtin_mul_overflow(*number, (uint64_t)base, number) ||
		    __builtin_add_overflow(*number, (uint64_t)digit_of(*at), number))
			*overflow = true;
	}
	if (at == *word)
		return false;
	*word = at;
	return true;
}

bool has_hex_prefix(const char *word)
{
	return word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
}

bool next_in_list(const char **list, const char **item, size_t *length)
{
	*item = *list;
	if (!*item)
		return false;
	*length = strcspn(*item, ",");
	*list = (*item)[*length] ? *item + *length + 1 : NULL;
	return true;
}

bool parse_choice(const char *const *names, const char *word, size_t *which)
{
	for (size_t i = 0; names[i]; i++) {
		if (strcmp(names[i], word) == 0) {
			*which = i;
			return true;
		}
	}
	return false;
}

const char *parse_number(const char *word, uint64_t *number)
{
	bool hex = has_hex_prefix(word);
	bool overflow;

	if (hex)
		word += 2;
	if (!read_digits(&word, hex ? 16 : 10, number, &overflow) || *word)
		return not_a_number;
	return overflow ? too_large : NULL;
}

const char *parse_size(const char *word, uint64_t *bytes)
{
	static const char wrong[] = "not a size (such as 4096, 0x1000, 64K, 1G; KB for 1000)";
	static const char letters[] = "KMGTPE";
	const char *letter;
	uint64_t unit;
	bool overflow;
	size_t power;

	if (has_hex_prefix(word)) {
		word += 2;
		if (!read_digits(&word, 16, bytes, &overflow) || *word)
			return wrong;
		return overflow ? too_large : NULL;
	}
	if (!read_digits(&word, 10, bytes, &overflow))
		return wrong;
	if (overflow)
		return too_large;
	if (!*word)
		return NULL;
	letter = strchr(letters, toupper((unsigned char)*word));
	if (!letter)
		return wrong;
	word++;
	unit = 1024;
	if (strcmp(word, "B") == 0)
		unit = 1000;
	else if (*word && strcmp(word, "iB") != 0)
		return wrong;
	for (power = (size_t)(letter - letters) + 1; power; power--) {
		if (__builtin_mul_overflow(*bytes, unit, bytes))
			return too_large;
	}
	return NULL;
}

const char *parse_duration(const char *word, int64_t *milliseconds)
{
	static const char wrong[] =
		"not a duration (such as 500ms, 90s, 10m, 2h, 3d, 1h30m; a bare "
		"number is seconds)";
	static const struct {
		const char *name;
		int64_t milliseconds;
	} units[] = {
		/* the largest comes first: in 1h30m, each unit must be smaller than the one before */
		{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 },
	};
	const size_t count = sizeof(units) / sizeof(units[0]);
	size_t next = 0;

	*milliseconds = 0;
	do {
		uint64_t number;
		int64_t part;
		bool overflow;
		size_t length;
		size_t unit;

		if (!read_digits(&word, 10, &number, &overflow))
			return wrong;
		length = strspn(word, "dhms");
		for (unit = next; unit < count; unit++) {
			if (strlen(units[unit].name) == length &&
			    memcmp(units[unit].name, word, length) == 0)
				break;
		}
		if (length == 0 && *word == '\0' && next == 0)
			unit = 3; /* no unit: seconds */
		if (unit == count)
			return wrong;
		word += length;
		next = unit + 1;
		if (overflow || number > INT64_MAX ||
		    __builtin_mul_overflow((int64_t)number, units[unit].milliseconds, &part) ||
		    __builtin_add_overflow(*milliseconds, part, milliseconds))
			return "duration too long";
	} while (*word);
	return NULL;
}

const char *parse_mode(const char *word, unsigned short *mode)
{
	uint64_t number;
	bool overflow;

	if (!read_digits(&word, 8, &number, &overflow) || *word)
		return "not an octal mode (such as 0600)";
	if (overflow || number > 0777)
		return "above 0777";
	*mode = (unsigned short)number;
	return NULL;
}

/* Reads the letters u, g, o and a, and returns their bits. */
static unsigned short read_who(const char **word)
{
	static const char letters[] = "ugoa";
	static const unsigned short bits[] = { 0700, 0070, 0007, 0777 };
	unsigned short who = 0;
	const char *at;

	for (; **word && (at = strchr(letters, **word)); (*word)++)
		who |= bits[at - letters];
	return who;
}

/*
 * Reads what follows an operator: the letters r, w, x and X, or u, g or o for a copy of that
 * class. Returns the bits for all three classes.
 */
static unsigned short read_permissions(const char **word, unsigned short mode)
{
	static const char classes[] = "ugo";
	static const char letters[] = "rwxX";
	const unsigned short all[] = { 0444, 0222, 0111, mode & 0111 ? 0111 : 0 };
	unsigned short bits = 0;
	const char *at = **word ? strchr(classes, **word) : NULL;

	if (at) {
		(*word)++;
		return (unsigned short)((mode >> (6 - 3 * (at - classes)) & 7) * 0111);
	}
	for (; **word && (at = strchr(letters, **word)); (*word)++)
		bits |= all[at - letters];
	return bits;
}

const char *parse_mode_change(const char *word, unsigned short umask, unsigned short old,
			      unsigned short *mode)
{
	static const char wrong[] = "not a mode (octal such as 0640, or symbolic such as "
				    "u=rw,g+r,o-rwx)";
	unsigned short now = old;

	if (isdigit((unsigned char)*word))
		return parse_mode(word, mode);
	do {
		unsigned short who = read_who(&word);
		unsigned short scope = who ? who : (unsigned short)(0777 & ~umask);

		if (!*word || !strchr("+-=", *word))
			return wrong;
		while (*word && strchr("+-=", *word)) {
			char operation = *word++;
			unsigned short bits = read_permissions(&word, now) & scope;

			if (operation == '+')
				now |= bits;
			else if (operation == '-')
				now &= (unsigned short)~bits;
			else
				now = (unsigned short)((now & ~(who ? who : 0777)) | bits);
		}
		if (*word && *word != ',')
			return wrong;
		if (*word == ',' && !*++word)
			return wrong;
	} while (*word);
	*mode = now;
	return NULL;
}

/* Reads a uid or gid after an optional +. Not 2^32 - 1, which means "no change" to chown(2). */
static bool read_identity(const char *word, uint32_t *identity)
{
	uint64_t number;
	bool overflow;

	word += *word == '+';
	if (!read_digits(&word, 10, &number, &overflow) || *word || overflow ||
	    number >= UINT32_MAX)
		return false;
	*identity = (uint32_t)number;
	return true;
}

/* How many bytes getgrnam_r(3) gets for an entry, which names all members. */
enum { GROUP_SIZE = 4 * 1024 * 1024 };

const char no_such_user[] = "no such user (for a user ID, use +NUMBER)";
static const char not_looked_up[] = "the look-up of this user failed (for a user ID, use +NUMBER)";

const char *parse_user(const char *word, uid_t *uid)
{
	char text[PASSWD_SIZE];
	struct passwd entry;
	struct passwd *user = NULL;
	const bool any_names = access("/etc/passwd", F_OK) == 0;
	int error = 0;

	if (*word && *word != '+')
		error = getpwnam_r(word, &entry, text, sizeof(text), &user);
	if (error == ENOMEM)
		return out_of_memory;
	/* a number may be the name of a user, too */
	if (error && any_names)
		return not_looked_up;
	if (user)
		*uid = user->pw_uid;
	else if (!read_identity(word, uid))
		return any_names ? no_such_user : not_looked_up;
	return NULL;
}

const char *parse_group(const char *word, gid_t *gid)
{
	static char text[GROUP_SIZE];
	struct group entry;
	struct group *group = NULL;
	const bool any_names = access("/etc/group", F_OK) == 0;
	int error = 0;

	if (*word && *word != '+')
		error = getgrnam_r(word, &entry, text, sizeof(text), &group);
	if (error == ENOMEM)
		return out_of_memory;
	/* as in parse_user() */
	if (error && any_names)
		return "the look-up of this group failed (for a group ID, use +NUMBER)";
	if (group)
		*gid = group->gr_gid;
	else if (!read_identity(word, gid))
		return "no such group (for a group ID, use +NUMBER)";
	return NULL;
}

bool is_name(const char *word)
{
	return word[strspn(word, "+0123456789")];
}

const char *parse_pid(const char *word, pid_t *pid)
{
	uint64_t number;
	bool overflow;

	if (!read_digits(&word, 10, &number, &overflow) || *word || overflow || number == 0 ||
	    number > INT_MAX)
		return "not a process id";
	*pid = (pid_t)number;
	return NULL;
}

const char *parse_namespace(const char *word, pid_t *pid, ino_t *inode)
{
	/* -5 is a number out of range, not a path */
	const char *digits = word + (*word == '-' || *word == '+');
	const char *rest = word;
	uint64_t number;
	bool overflow;

	*pid = 0;
	*inode = 0;
	if (!*word)
		return "empty name";
	if (digits[strspn(digits, "0123456789")])
		return NULL;
	if (!parse_pid(word, pid))
		return NULL;
	/* numbers of namespaces begin with 0xf0000000; pids are at most 2^22 */
	if (!read_digits(&rest, 10, &number, &overflow) || *rest || overflow || number <= INT_MAX ||
	    number > UINT32_MAX)
		return "neither a process id nor the number of an IPC namespace (NS in ls -A)";
	*inode = (ino_t)number;
	return NULL;
}

const char *parse_hex(const char *word, unsigned char *bytes, size_t *length)
{
	*length = 0;
	for (;;) {
		int high;
		int low;

		while (isspace((unsigned char)*word))
			word++;
		if (!*word)
			return NULL;
		high = digit_of(word[0]);
		low = high < 16 ? digit_of(word[1]) : INT_MAX;
		if (high >= 16 || low >= 16)
			return "not pairs of hex digits (such as \"00 ff 1a\")";
		bytes[(*length)++] = (unsigned char)(high << 4 | low);
		word += 2;
	}
}
