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
	if (wrong == no_such_user && optional && can_be_user(user))
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

/*
 * Whether a line with a fault may be printed: not that of another file, such as /etc/shadow, or of
 * a file that not all may read. Its contents must not reach a user who may run `ls --keep-file` by
 * sudo(8).
 */
static bool may_be_shown(FILE *file, const char *line)
{
	static const char *const beginnings[] = { "0x", "key:", "ftok:", "creator:", "owner:" };
	struct stat status;
	bool is_entry = false;

	if (*line == '-')
		line += 1 + strspn(line + 1, " \t");
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
		is_entry |= strncmp(line, beginnings[i], strlen(beginnings[i])) == 0;
	return is_entry && fstat(fileno(file), &status) == 0 && status.st_mode & S_IROTH;
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
			const char *entry = trim(line);
			const bool shown = may_be_shown(file, entry);

			snprintf(fault, KEEPFILE_FAULT_SIZE, "%.200s, line %zu: %s%.100s%s%s", path,
				 number, shown ? "\"" : "", shown ? entry : "", shown ? "\": " : "",
				 wrong);
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

	if (length >= sizeof(part))
		return false;
	memcpy(part, path, length + 1);
	do {
		part[length] = '\0';
		if (lstat(part, &status) == 0)
			return path[length] && stat(part, &status) == 0 && S_ISDIR(status.st_mode);
		if (errno != ENOENT && errno != ENOTDIR)
			return false;
		length = (size_t)(strrchr(part, '/') - part);
	} while (length);
	return true;
}

/* Whether another user has closed a directory on the way. */
static bool is_closed_by_others(const char *path)
{
	char part[PATH_MAX];
	struct stat status;
	size_t length = strlen(path);

	if (stat(path, &status) == 0)
		return false;
	while (errno == EACCES && length) {
		length = (size_t)((const char *)memrchr(path, '/', length) - path);
		snprintf(part, sizeof(part), "%.*s/.", (int)length, path);
		if (stat(part, &status) == 0)
			return false;
		part[length] = '\0';
		if (stat(part, &status) == 0)
			return status.st_uid != geteuid();
	}
	return false;
}

/* Reads the user's own list below a directory, which surely or perhaps is the user's. */
static bool read_own(struct keep *keep, const char *directory, const char *name, bool surely,
		     char fault[KEEPFILE_FAULT_SIZE])
{
	char *path;
	bool good;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		/* GCOVR_EXCL_START: not enough memory */
		snprintf(fault, KEEPFILE_FAULT_SIZE, "%s/%s: %s", directory, name, out_of_memory);
		return false;
		/* GCOVR_EXCL_STOP */
	}
	good = is_absent(path) || (!surely && is_closed_by_others(path)) ||
	       keepfile_read(keep, path, fault);
	free(path);
	return good;
}

enum ownership { OWN, PERHAPS_OWN, NOT_OWN };

/*
 * To whom a directory of the environment belongs: su(1), setpriv(1) and sudo(8) may leave
 * those of their caller. A directory of root may be meant for this user, as for a service.
 */
static enum ownership ownership_of(const char *directory)
{
	struct stat status;

	if (stat(directory, &status) < 0)
		return PERHAPS_OWN;
	if (status.st_uid == geteuid())
		return OWN;
	return status.st_uid == 0 || user_is_unknown(status.st_uid) ? PERHAPS_OWN : NOT_OWN;
}

/* Reads the list in the home directory of the passwd entry. */
static bool read_by_passwd(struct keep *keep, char fault[KEEPFILE_FAULT_SIZE])
{
	char text[PASSWD_SIZE];
	struct passwd entry;
	struct passwd *user;
	struct stat status;
	bool surely;
	int error = getpwuid_r(geteuid(), &entry, text, sizeof(text), &user);

	/* unless it is seen that the directory is another user's, as /root is operator's */
	surely = user && (stat(user->pw_dir, &status) < 0 || status.st_uid == geteuid());
	if (user)
		return *user->pw_dir != '/' ||
		       read_own(keep, user->pw_dir, ".config/shmtool/keep", surely, fault);
	/* ENOENT: an image that has only this program */
	if (!error || (error == ENOENT && access("/etc/passwd", F_OK) < 0))
		return true;
	snprintf(fault, KEEPFILE_FAULT_SIZE, "of user %u cannot be located: %s",
		 (unsigned int)geteuid(), strerror(error));
	return false;
}

bool keepfile_read_defaults(struct keep *keep, char fault[KEEPFILE_FAULT_SIZE])
{
	static const struct {
		const char *variable;
		const char *name;
	} places[] = { { "XDG_CONFIG_HOME", "shmtool/keep" }, { "HOME", ".config/shmtool/keep" } };
	const bool is_foreign = users_are_foreign();

	if (!is_absent(KEEPFILE_SYSTEM) && !keepfile_read(keep, KEEPFILE_SYSTEM, fault))
		return false;
	if (geteuid() == 0 && !is_foreign)
		return true;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *directory = getenv(places[i].variable);
		/* relative ones must be ignored: XDG Base Directory Specification */
		enum ownership ownership =
			directory && *directory == '/' ? ownership_of(directory) : NOT_OWN;

		if (ownership != NOT_OWN &&
		    !read_own(keep, directory, places[i].name, ownership == OWN, fault))
			return false;
		if (ownership == OWN)
			return true;
	}
	/* in another user namespace, the passwd entry of this number is that of another user */
	return is_foreign || read_by_passwd(keep, fault);
}
