/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/system/safe_open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "shm/system/compat.h"
#include "shm/system/procfile.h"

enum {
	LINKS_MAX = 40, /* the kernel's own limit: path_resolution(7) */
	TRIES = 10,     /* at a file that a process keeps replacing */
	OTHERS_WRITE = S_IWGRP | S_IWOTH,
};

/* A path that is being followed. */
struct walk {
	struct file_place place; /* reached so far */
	char *text;              /* the path, with symlinks replaced by their targets */
	const char *at;          /* the rest, still to be followed */
	int links;               /* followed so far */
	bool strict;             /* trust only root and the caller: trusted_open() */
	uid_t root;              /* the owner of / */
	char *where;             /* the directory or symlink that is not trusted, or NULL */
};

static bool is_on(int fd, long type)
{
	struct statfs status;

	return fstatfs(fd, &status) == 0 && (long)status.f_type == type;
}

/* Whether another user may have put this file into the sticky directory as a trap. */
static bool is_planted(int directory, const struct stat *status)
{
	struct stat parent;

	if (fstat(directory, &parent) < 0)
		return true; /* GCOVR_EXCL_LINE: fstat(2) does not fail here */
	if (!(parent.st_mode & S_ISVTX) || !(parent.st_mode & OTHERS_WRITE))
		return false;
	/* this process itself can be of an unmapped user, in a user namespace that -N enters */
	return status->st_uid == unmapped_user() ||
	       (status->st_uid != geteuid() && status->st_uid != parent.st_uid);
}

/* Returns 0 if only root and the caller can have created and can change the file, or UNSAFE_*. */
static int distrust(const struct walk *walk, const struct stat *status)
{
	if (status->st_uid != 0 && status->st_uid != geteuid() && status->st_uid != walk->root)
		return UNSAFE_OWNER;
	/* the mode of a symlink has no meaning */
	if (!S_ISLNK(status->st_mode) && (status->st_mode & OTHERS_WRITE))
		return UNSAFE_WRITABLE;
	return 0;
}

/* As distrust(), for a directory or symlink on the way. Notes its name in where if it fails. */
static int check_way(struct walk *walk, int fd)
{
	const size_t length = (size_t)(walk->at - walk->text);
	struct stat status;
	int error;

	if (!walk->strict)
		return 0;
	error = fstat(fd, &status) < 0 ? errno : distrust(walk, &status);
	if (!error)
		return 0;
	walk->where = length ? strndup(walk->text, length) : strdup("/");
	return walk->where ? error : ENOMEM;
}

/* Continues from this directory. The walk takes over the descriptor. */
static int enter(struct walk *walk, int directory)
{
	if (walk->place.directory >= 0)
		close(walk->place.directory);
	walk->place.directory = directory;
	return check_way(walk, directory);
}

static int enter_path(struct walk *walk, const char *path)
{
	int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return directory < 0 ? errno : enter(walk, directory);
}

/* Replaces a symlink in the path by its target. */
static int follow(struct walk *walk, int link, const struct stat *status)
{
	int before = (int)(walk->at - walk->text - (ptrdiff_t)strlen(walk->place.name));
	char target[PATH_MAX];
	ssize_t length;
	char *text;
	int error = check_way(walk, link);

	if (error)
		return error;
	if (is_planted(walk->place.directory, status))
		return UNSAFE_LINK;
	if (++walk->links > LINKS_MAX)
		return ELOOP;
	length = readlinkat(link, "", target, sizeof(target) - 1);
	if (length < 0)
		return errno;
	target[length] = '\0';
	if (*target == '/')
		before = 0;
	if (asprintf(&text, "%.*s%s%s", before, walk->text, target, walk->at) < 0)
		return ENOMEM;
	free(walk->text);
	walk->text = text;
	walk->at = text + before;
	return *target == '/' ? enter_path(walk, "/") : 0;
}

/*
 * Opens the component that the place names. *fd is -1 if it was a symlink, which
 * has been followed. Symlinks of /proc are left to the kernel: only it can follow
 * them, and only it can create them.
 */
static int look(struct walk *walk, bool last, int *fd)
{
	struct file_place *place = &walk->place;
	/* an automount point is mounted only with this flag: open(2), O_PATH */
	int kind = last ? 0 : O_DIRECTORY;
	struct stat status;
	int error;

	place->is_procfs = is_on(place->directory, PROC_SUPER_MAGIC);
	*fd = openat(place->directory, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC | kind);
	if (*fd < 0 && errno == ENOTDIR && kind)
		*fd = openat(place->directory, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		return errno;
	error = fstat(*fd, &status) < 0 ? errno : 0;
	if (!error && !S_ISLNK(status.st_mode) && (last || S_ISDIR(status.st_mode)))
		return 0;
	if (!error && !S_ISLNK(status.st_mode))
		error = ENOTDIR;
	if (!error && !place->is_procfs)
		error = follow(walk, *fd, &status);
	close(*fd);
	*fd = -1;
	if (error || !place->is_procfs)
		return error;
	if (walk->strict)
		return UNSAFE_FILESYSTEM;
	*fd = openat(place->directory, place->name, O_PATH | O_CLOEXEC | kind);
	return *fd < 0 ? errno : 0;
}

/* Makes the next component the place's name. After a trailing slash it is ".". */
static int next_name(struct walk *walk, bool *last)
{
	size_t length;

	walk->at += strspn(walk->at, "/");
	length = strcspn(walk->at, "/");
	free(walk->place.name);
	walk->place.name = length ? strndup(walk->at, length) : strdup(".");
	walk->at += length;
	*last = !*walk->at;
	return walk->place.name ? 0 : ENOMEM;
}

static int follow_all(struct walk *walk)
{
	int error = enter_path(walk, *walk->at == '/' ? "/" : ".");

	while (!error) {
		bool last;
		int fd = -1;

		error = next_name(walk, &last);
		if (!error)
			error = look(walk, last, &fd);
		if (last && error == ENOENT)
			return 0;
		if (!error && last && fd >= 0) {
			walk->place.file = fd;
			return 0;
		}
		if (!error && fd >= 0)
			error = enter(walk, fd);
	}
	return error;
}

/* Follows the path to its place. After an error there is nothing to close. */
static int walk_along(struct walk *walk, const char *path)
{
	int error;

	walk->place = FILE_PLACE_NONE;
	walk->links = 0;
	walk->text = strdup(path);
	walk->at = walk->text;
	if (!walk->text)
		error = ENOMEM;
	else
		error = *path ? follow_all(walk) : ENOENT;
	free(walk->text);
	if (error)
		file_place_close(&walk->place);
	return error;
}

int file_place_find(struct file_place *place, const char *path)
{
	struct walk walk = { 0 };
	int error = walk_along(&walk, path);

	*place = walk.place;
	return error;
}

/* Makes reads and writes wait, although the file was opened without waiting. */
static void clear_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

int file_place_open(const struct file_place *place, int flags, int *fd)
{
	struct stat seen;
	struct stat opened;
	bool waits;

	*fd = -1;
	if (place->file < 0)
		return ENOENT;
	if (fstat(place->file, &seen) < 0)
		return errno;
	if (S_ISFIFO(seen.st_mode) && !(flags & O_PATH) && is_planted(place->directory, &seen))
		return UNSAFE_FIFO;
	/* a FIFO could have replaced the file; a process could hold a lease on it: fcntl(2) */
	waits = place->is_procfs || S_ISFIFO(seen.st_mode);
	*fd = openat(place->directory, place->name,
		     flags | O_CLOEXEC | (place->is_procfs ? 0 : O_NOFOLLOW) |
			     (waits ? 0 : O_NONBLOCK));
	if (*fd < 0)
		return errno == ELOOP ? UNSAFE_REPLACED : errno;
	if (place->is_procfs || (fstat(*fd, &opened) == 0 && opened.st_dev == seen.st_dev &&
				 opened.st_ino == seen.st_ino)) {
		if (!waits && !(flags & (O_NONBLOCK | O_PATH)))
			clear_nonblock(*fd);
		return 0;
	}
	close(*fd);
	*fd = -1;
	return UNSAFE_REPLACED;
}

void file_place_close(struct file_place *place)
{
	if (place->directory >= 0)
		close(place->directory);
	if (place->file >= 0)
		close(place->file);
	free(place->name);
	*place = FILE_PLACE_NONE;
}

/* Checks the file itself. Returns 0 or UNSAFE_*. */
static int distrust_file(const struct walk *walk, int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return errno;
	if (!S_ISREG(status.st_mode))
		return UNSAFE_KIND;
	/* many of these files show a size of 0, and all belong to root */
	if (is_on(fd, PROC_SUPER_MAGIC) || is_on(fd, SYSFS_MAGIC))
		return UNSAFE_FILESYSTEM;
	return distrust(walk, &status);
}

static int open_along(struct walk *walk, const char *path, int flags, int *fd)
{
	int error = UNSAFE_REPLACED;

	*fd = -1;
	for (int tries = 0; tries < TRIES && error == UNSAFE_REPLACED; tries++) {
		error = walk_along(walk, path);
		if (error)
			return error;
		/* before it is opened: opening a device can have an effect */
		if (walk->strict && walk->place.file >= 0)
			error = distrust_file(walk, walk->place.file);
		if (!error)
			error = file_place_open(&walk->place, flags, fd);
		file_place_close(&walk->place);
	}
	return error;
}

int safe_open(const char *path, int flags, int *fd)
{
	struct walk walk = { 0 };

	return open_along(&walk, path, flags, fd);
}

/* Returns the absolute path, for free(3), or NULL with errno set. */
static char *absolute(const char *path)
{
	char *directory;
	char *whole;

	if (*path == '/' || !*path)
		return strdup(path);
	directory = getcwd(NULL, 0);
	if (!directory)
		return NULL;
	if (asprintf(&whole, "%s/%s", directory, path) < 0)
		whole = NULL; /* GCOVR_EXCL_LINE: not enough memory */
	free(directory);
	return whole;
}

int trusted_open(const char *path, int *fd, char **where)
{
	struct walk walk = { .strict = true };
	struct stat root;
	char *whole = stat("/", &root) == 0 ? absolute(path) : NULL;
	int error;

	*fd = -1;
	*where = NULL;
	if (!whole)
		return errno;
	walk.root = root.st_uid;
	error = open_along(&walk, whole, O_RDONLY | O_NONBLOCK | O_NOCTTY, fd);
	free(whole);
	*where = walk.where;
	return error;
}

int stat_locally(int fd, struct stat *status)
{
	char path[64];

	/* Linux ignores the flag if the path is empty: seen with 6.18 */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fstatat(AT_FDCWD, path, status, AT_STATX_DONT_SYNC) < 0 ? errno : 0;
}

int open_if_same(const char *path, dev_t device, ino_t inode, int *fd)
{
	struct stat status = { 0 };
	int error;

	*fd = open(path, O_PATH | O_CLOEXEC);
	if (*fd < 0)
		return errno;
	error = stat_locally(*fd, &status);
	if (!error && status.st_dev == device && status.st_ino == inode)
		return 0;
	close(*fd);
	*fd = -1;
	return error ? error : ENOENT;
}

int open_again(int place, int flags, int *fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", place);
	*fd = open(path, flags | O_CLOEXEC);
	return *fd < 0 ? errno : 0;
}
