/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/bytes/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "shm/system/signals.h"

/*
 * The own open descriptor that a link of /proc stands for, even if /dev/stdout or another link
 * leads to it, or -1. It is written as it is, as in a shell: after what is there already.
 */
static int own_descriptor(const struct file_place *place)
{
	struct stat that;
	struct stat own;
	char *end;
	long number;

	if (!place->is_procfs || place->file < 0)
		return -1;
	number = strtol(place->name, &end, 10);
	if (end == place->name || *end || number < 0 || number > INT_MAX ||
	    fstat(place->file, &that) < 0 || fstat((int)number, &own) < 0 ||
	    that.st_dev != own.st_dev || that.st_ino != own.st_ino)
		return -1;
	return (int)number;
}

/* Whether the file is replaced by a new one, not written directly. */
static bool is_replaced(const struct file_place *place)
{
	struct stat status;

	if (place->is_procfs)
		return false;
	return place->file < 0 || (fstat(place->file, &status) == 0 && S_ISREG(status.st_mode));
}

int output_file_open(struct output_file *output, const char *path)
{
	int descriptor;
	int error;

	*output = (struct output_file){ .fd = -1, .place = FILE_PLACE_NONE };
	error = file_place_find(&output->place, path);
	if (error)
		return error;
	descriptor = own_descriptor(&output->place);
	output->replaces = is_replaced(&output->place);
	if (descriptor >= 0) {
		output->fd = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
		error = output->fd < 0 ? errno : 0;
	} else if (!output->replaces) {
		error = file_place_open(&output->place, O_WRONLY | O_NOCTTY, &output->fd);
	}
	if (error)
		output_file_abandon(output);
	return error;
}

int output_file_create(struct output_file *output)
{
	unsigned int number;

	/* random, so that another user cannot create all possible names in advance */
	if (getrandom(&number, sizeof(number), 0) < 0)
		return errno;
	for (int tries = 0; output->fd < 0 && tries < 100; tries++) {
		snprintf(output->temporary, sizeof(output->temporary), ".shmtool.%08x", number++);
		output->fd = openat(output->place.directory, output->temporary,
				    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (output->fd < 0 && errno != EEXIST)
			break;
	}
	if (output->fd < 0) {
		output->temporary[0] = '\0'; /* the file belongs to another process */
		return errno;
	}
	/* the umask may have removed bits; a file system without modes refuses this */
	if (fchmod(output->fd, 0600) < 0)
		errno = 0;
	return 0;
}

bool output_takes_memory(int fd)
{
	struct statfs place;
	struct stat status;

	/* a device of a devtmpfs takes none */
	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && fstatfs(fd, &place) == 0 &&
	       place.f_type == TMPFS_MAGIC;
}

/* Renames the new file to the name of the old one, so that this survives a crash of the machine. */
static int rename_into_place(struct output_file *output)
{
	int directory;

	if (renameat(output->place.directory, output->temporary, output->place.directory,
		     output->place.name) < 0)
		return errno;
	output->temporary[0] = '\0';
	/* a failure is ignored: the file has been replaced, and some file systems cannot do this */
	directory = openat(output->place.directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory >= 0) {
		fsync(directory);
		close(directory);
	}
	return 0;
}

int output_file_commit(struct output_file *output)
{
	int error = 0;

	/* a file that is reported as written must survive a crash of the machine */
	if (output->replaces && fsync(output->fd) < 0 && errno != EINVAL && errno != EROFS)
		error = errno;
	/* a network file system may report only now that the data are lost */
	if (close(output->fd) < 0 && !error && errno != EINTR)
		error = errno;
	output->fd = -1;
	/* fsync(2) may have taken minutes */
	if (!error && output->replaces && signals_came())
		error = EINTR;
	if (!error && output->replaces)
		error = rename_into_place(output);
	output_file_abandon(output);
	return error;
}

void output_file_abandon(struct output_file *output)
{
	if (output->fd >= 0)
		close(output->fd);
	if (output->temporary[0])
		unlinkat(output->place.directory, output->temporary, 0);
	file_place_close(&output->place);
	*output = (struct output_file){ .fd = -1, .place = FILE_PLACE_NONE };
}
