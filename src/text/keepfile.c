/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/keepfile.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/segment/control.h"
#include "shm/system/safe_open.h"
#include "text/error.h"
#include "text/parse.h"
#include "text/parse_segment.h"

/* Removes whitespace from both ends, in place. */
static char *trim(char *text)
{
	size_t length;

	text += strspn(text, " \t\r");
	length = strlen(text);
	while (length && strchr(" \t\r", text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

/* Removes a comment: from a # at the beginning of the line or after whitespace. */
static void cut_comment(char *line)
{
	for (char *at = line; *at; at++) {
		if (*at == '#' && (at == line || strchr(" \t", at[-1]))) {
			*at = '\0';
			return;
		}
	}
}

/* Whether a failed look-up with this errno means that there is no such user: getpwnam(3). */
static bool is_missing(int error)
{
	return !error || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

/* Whether a user may have this name on another machine: "DOMAIN\user", but not "+1000x". */
static bool can_be_user(const char *name)
{
	static const char more[] = "_.@$+-\\";
	size_t length = 0;

	while (isalnum((unsigned char)name[length]) || (name[length] && strchr(more, name[length])))
		length++;
	return !name[length] && (isalpha((unsigned char)*name) || *name == '_');
}

static const char *add_creator(struct keep *keep, const char *user, bool optional)
{
	uid_t uid;
	const char *wrong = parse_user(user, &uid);

	/* an optional entry is ignored only if it is certain that the user does not exist */
	if (wrong == no_such_user && optional && is_missing(errno) && can_be_user(user))
		return NULL;
	if (wrong)
		return wrong;
	return keep_add_creator(keep, uid) ? out_of_memory : NULL;
}

const char *keepfile_entry(struct keep *keep, const char *entry, int *file_error)
{
	static const char invalid[] =
		"invalid entry (expected 0xKEY, key:KEY, ftok:PROJ:/PATH or creator:USER)";
	static const char prefix[] = "creator:";
	const bool optional = *entry == '-';
	struct segment_ref ref;
	uint64_t project;
	const char *path;

	*file_error = 0;
	if (optional)
		entry += 1 + strspn(entry + 1, " \t");
	if (strncmp(entry, prefix, sizeof(prefix) - 1) == 0)
		return add_creator(keep, entry + sizeof(prefix) - 1, optional);
	if (strncmp(entry, "owner:", 6) == 0)
		return "owner: is not supported, since an owner can give a segment away; use "
		       "creator:USER";
	if (entry[strcspn(entry, " \t")])
		return "more than one entry on a line";
	if (parse_segment(entry, &ref, file_error))
		return invalid;
	parse_ftok(entry, &project, &path);
	if (path && *path != '/')
		return "PATH must be absolute";
	if (ref.kind != REF_KEY)
		return "ids are reused, so they are not allowed here; use a key or creator:USER";
	if (optional && (*file_error == ENOENT || *file_error == ENOTDIR) && !strchr(entry, '#'))
		*file_error = 0;
	else if (!*file_error && keep_add_key(keep, ref.key))
		return out_of_memory;
	return path && keep_add_file(keep, project, path) ? out_of_memory : NULL;
}

/* Adds the entry of one line without its comment. Returns what is wrong with it, or NULL. */
static const char *add_line(struct keep *keep, const char *line)
{
	int file_error = 0;
	const char *wrong = *line ? keepfile_entry(keep, line, &file_error) : NULL;

	return wrong || !file_error ? wrong : reason_of_file(file_error);
}

/* Longer than any valid line: a path has at most PATH_MAX bytes. */
enum { LINE_SIZE = PATH_MAX + 256 };

/*
 * Reads one line without its newline. Sets *more to whether there was one. Returns what is
 * wrong with it, or NULL. Stops at LINE_SIZE bytes, since a line, or the file, may be endless.
 */
static const char *next_line(FILE *file, char line[LINE_SIZE], bool *more)
{
	const char *wrong = NULL;
	size_t length = 0;
	int c;

	while (!wrong && (c = getc_unlocked(file)) != EOF && c != '\n') {
		if (c == '\0')
			wrong = "contains a NUL byte";
		else if (length && line[length - 1] == '\r' && c != '\r')
			/* a file whose lines end only with \r would be one line, perhaps a comment */
			wrong = "contains a carriage return that is not at its end";
		else if (length == LINE_SIZE - 1)
			wrong = "the line is too long";
		else
			line[length++] = (char)c;
	}
	line[length] = '\0';
	*more = wrong || c != EOF || length;
	return wrong;
}

static bool read_lines(struct keep *keep, FILE *file, const char *path,
		       char fault[KEEPFILE_FAULT_SIZE])
{
	char line[LINE_SIZE];
	bool more = true;

	for (size_t number = 1; more; number++) {
		const char *wrong = next_line(file, line, &more);

		if (ferror(file)) {
			snprintf(fault, KEEPFILE_FAULT_SIZE, "%.200s: %s", path, strerror(errno));
			return false;
		}
		cut_comment(line);
		if (!wrong)
			wrong = add_line(keep, trim(line));
		if (wrong) {
			snprintf(fault, KEEPFILE_FAULT_SIZE, "%.200s, line %zu: \"%.100s\": %s",
				 path, number, trim(line), wrong);
			return false;
		}
	}
	return true;
}

bool keepfile_parse(struct keep *keep, int fd, const char *path, char fault[KEEPFILE_FAULT_SIZE])
{
	FILE *file = fdopen(fd, "r");
	bool good;

	if (!file) {
		snprintf(fault, KEEPFILE_FAULT_SIZE, "%.200s: %s", path, strerror(errno));
		close(fd);
		return false;
	}
	good = read_lines(keep, file, path, fault);
	fclose(file);
	return good;
}

/* Describes a directory on the way to the list that others may write to, sticky or not. */
static void report_directory(const char *path, const char *directory,
			     char fault[KEEPFILE_FAULT_SIZE])
{
	struct stat status = { 0 };

	stat(directory, &status);
	snprintf(fault, KEEPFILE_FAULT_SIZE,
		 "%.200s: directory %.200s is writable by other users (mode %04o), who could "
		 "replace the list (chmod go-w, or move the list)",
		 path, directory, (unsigned int)status.st_mode & 07777);
}

bool keepfile_read(struct keep *keep, const char *path, char fault[KEEPFILE_FAULT_SIZE])
{
	char *where;
	int fd;
	int error = trusted_open(path, &fd, &where);

	if (where && error == UNSAFE_WRITABLE)
		report_directory(path, where, fault);
	else if (error && where)
		snprintf(fault, KEEPFILE_FAULT_SIZE, "%.200s: %.200s %s", path, where,
			 reason_of_file(error));
	else if (error)
		snprintf(fault, KEEPFILE_FAULT_SIZE, "%.200s: %s%s", path, reason_of_file(error),
			 error == UNSAFE_WRITABLE ? " (chmod go-w)" : "");
	free(where);
	return !error && keepfile_parse(keep, fd, path, fault);
}

/*
 * Whether a default list does not exist. If a symlink to nothing, or a file, is in its place or
 * in that of a directory, that is an error, not a missing list.
 */
static bool is_absent(const char *path)
{
	char part[PATH_MAX];
	struct stat status;
	size_t length = strlen(path);

	do {
		snprintf(part, sizeof(part), "%.*s", (int)length, path);
		if (lstat(part, &status) == 0)
			return path[length] && stat(part, &status) == 0 && S_ISDIR(status.st_mode);
		if (errno != ENOENT && errno != ENOTDIR)
			return false;
		length = (size_t)(strrchr(part, '/') - part);
	} while (length);
	return true;
}

/*
 * Returns the home directory of the user: HOME, or that of the passwd entry if HOME belongs to
 * another user, as after setpriv(1) or with sudo(8). NULL: there is none, or it is not known; then
 * *wrong is the reason.
 */
static const char *home_directory(const char **wrong)
{
	const char *home = getenv("HOME");
	const struct passwd *user;
	struct stat status;
	bool known;

	if (home && *home != '/')
		home = NULL;
	known = home && stat(home, &status) == 0;
	if (known && status.st_uid == geteuid())
		return home;
	/* in another user namespace, the passwd entry of this number is that of another user */
	if (users_are_foreign())
		return known && user_is_unknown(status.st_uid) ? NULL : home;
	errno = 0;
	user = getpwuid(geteuid());
	if (!user && !is_missing(errno))
		*wrong = strerror(errno);
	return user ? user->pw_dir : home;
}

/* As the configuration of the caller of su(1), which leaves the environment as it is. */
static bool belongs_to_another(const char *directory)
{
	struct stat status;

	return stat(directory, &status) == 0 && status.st_uid && status.st_uid != geteuid() &&
	       !user_is_unknown(status.st_uid);
}

/*
 * Returns the path of the user's own list, for free(3). Returns NULL if the user has no home
 * directory, or if the path cannot be found out; then *wrong is the reason.
 */
static char *user_path(const char **wrong)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home;
	char *path = NULL;
	int length;

	/* relative paths must be ignored (XDG Base Directory Specification) */
	if (config && *config == '/' && !belongs_to_another(config)) {
		length = asprintf(&path, "%s/shmtool/keep", config);
	} else {
		home = home_directory(wrong);
		if (!home || *wrong)
			return NULL;
		length = asprintf(&path, "%s/.config/shmtool/keep", home);
	}
	if (length >= 0)
		return path;
	*wrong = out_of_memory;
	return NULL; /* GCOVR_EXCL_LINE: not enough memory */
}

bool keepfile_read_defaults(struct keep *keep, char fault[KEEPFILE_FAULT_SIZE])
{
	const bool is_root = geteuid() == 0 && !users_are_foreign();
	const char *wrong = NULL;
	char *path;
	bool good;

	if (!is_absent(KEEPFILE_SYSTEM) && !keepfile_read(keep, KEEPFILE_SYSTEM, fault))
		return false;
	path = is_root ? NULL : user_path(&wrong);
	if (wrong) {
		/* GCOVR_EXCL_START: a name service that fails, such as LDAP without its server */
		snprintf(fault, KEEPFILE_FAULT_SIZE, "of user %u cannot be located: %s",
			 (unsigned int)geteuid(), wrong);
		return false;
		/* GCOVR_EXCL_STOP */
	}
	good = !path || is_absent(path) || keepfile_read(keep, path, fault);
	free(path);
	return good;
}
