/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/bytes/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/system/signals.h"

/*
 * The path with its symlinks resolved; of one that leads to a file that is
 * not there, the name that it leads to. NULL: not enough memory, or a loop.
 */
static char *resolve(const char *path)
{
	char *current = strdup(path);

	if (!current)
		return NULL;
	for (int depth = 0; depth < 40; depth++) {
		char link[PATH_MAX];
		ssize_t length = readlink(current, link, sizeof(link) - 1);
		char *slash;
		char *next;

		if (length < 0)
			return current; /* not a symlink, or not there */
		link[length] = '\0';
		slash = strrchr(current, '/');
		if (link[0] == '/' || !slash)
			next = strdup(link);
		else if (asprintf(&next, "%.*s/%s", (int)(slash - current), current, link) < 0)
			next = NULL;
		free(current);
		if (!next)
			return NULL;
		current = next;
	}
	free(current);
	errno = ELOOP;
	return NULL;
}

/* A name in the same directory, for mkostemp(3). */
static char *name_beside(const char *target)
{
	const char *slash = strrchr(target, '/');
	int directory = slash ? (int)(slash + 1 - target) : 0;
	char *name;

	return asprintf(&name, "%.*s.shmtool.XXXXXX", directory, target) < 0 ? NULL : name;
}

/*
 * The descriptor of our own that a path stands for, or -1: it is written as
 * it is, wherever it leads, as the shell does.
 */
static int own_descriptor(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };

	if (strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		size_t length = strlen(folders[i]);
		char *end;
		long number;

		if (strncmp(path, folders[i], length) != 0)
			continue;
		number = strtol(path + length, &end, 10);
		if (end > path + length && !*end && number >= 0 && number <= INT_MAX)
			return (int)number;
	}
	return -1;
}

static int open_beside(struct output_file *outfile)
{
	char *directory = strdup(outfile->target);
	char *slash;

	if (!directory)
		return ENOMEM;
	slash = strrchr(directory, '/');
	if (slash)
		slash[slash == directory] = '\0';
	/* without a name there is nothing to clean up, whatever happens */
	outfile->fd = open(slash ? directory : ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	free(directory);
	if (outfile->fd >= 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return errno;
	/* a file system without O_TMPFILE */
	outfile->temporary = name_beside(outfile->target);
	if (!outfile->temporary)
		return ENOMEM;
	outfile->fd = mkostemp(outfile->temporary, O_CLOEXEC);
	if (outfile->fd >= 0)
		return 0;
	free(outfile->temporary);
	outfile->temporary = NULL;
	return errno;
}

/* Opens the file that will be put in the other's place. */
static int open_new(struct output_file *outfile)
{
	int error = open_beside(outfile);

	/* a umask may have taken more; where there are no modes, that is no failure */
	if (!error && fchmod(outfile->fd, 0600) < 0)
		errno = 0;
	return error;
}

int output_file_open(struct output_file *outfile, const char *path)
{
	int descriptor = own_descriptor(path);
	struct stat status;
	int error;

	*outfile = (struct output_file){ .fd = -1 };
	if (descriptor >= 0) {
		outfile->fd = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
		return outfile->fd < 0 ? errno : 0;
	}
	if (stat(path, &status) < 0) {
		/* only what is not there may be made */
		if (errno != ENOENT)
			return errno;
	} else if (!S_ISREG(status.st_mode) || strncmp(path, "/proc/", 6) == 0) {
		outfile->fd = open(path, O_WRONLY | O_CLOEXEC);
		return outfile->fd < 0 ? errno : 0;
	}
	outfile->replaces = true;
	outfile->target = resolve(path);
	if (!outfile->target)
		return errno;
	error = open_new(outfile);
	if (error)
		output_file_abandon(outfile);
	return error;
}

/* Gives a file without a name one, that is not in use. */
static int name_it(struct output_file *outfile)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", outfile->fd);
	for (int tries = 0; tries < 100; tries++) {
		char *name = name_beside(outfile->target);
		int fd = name ? mkostemp(name, O_CLOEXEC) : -1;

		/* mkostemp finds the name; linkat wants it free */
		if (fd < 0) {
			free(name);
			return errno;
		}
		close(fd);
		unlink(name);
		if (linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0) {
			outfile->temporary = name;
			return 0;
		}
		free(name);
		if (errno != EEXIST)
			return errno;
	}
	return EEXIST;
}

static int rename_into_place(struct output_file *outfile)
{
	int error = 0;

	/* what is said to be done survives a crash of the machine */
	if (fsync(outfile->fd) < 0 && errno != EINVAL && errno != EROFS)
		return errno;
	if (!outfile->temporary)
		error = name_it(outfile);
	if (!error && rename(outfile->temporary, outfile->target) < 0)
		error = errno;
	if (!error) {
		free(outfile->temporary);
		outfile->temporary = NULL;
	}
	return error;
}

int output_file_commit(struct output_file *outfile)
{
	sigset_t before;
	int error = 0;

	signals_block(&before);
	if (outfile->replaces)
		error = rename_into_place(outfile);
	if (close(outfile->fd) < 0 && !error && errno != EINTR)
		error = errno;
	outfile->fd = -1;
	output_file_abandon(outfile);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return error;
}

void output_file_abandon(struct output_file *outfile)
{
	if (outfile->fd >= 0)
		close(outfile->fd);
	if (outfile->temporary)
		unlink(outfile->temporary);
	free(outfile->temporary);
	free(outfile->target);
	*outfile = (struct output_file){ .fd = -1 };
}
