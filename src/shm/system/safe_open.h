/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * safe_open: opens a path that somebody typed or wrote down, so that no other
 * user can lead it elsewhere. A path is followed one component at a time, each
 * relative to the directory before it, which is kept open: what was checked is
 * what is used, whoever renames or replaces anything in between.
 *
 * In a directory with the sticky bit that others may write to (/tmp), a symlink
 * or a FIFO is refused unless it belongs to the caller or to the directory's
 * owner. The kernel does the same where fs.protected_symlinks and
 * fs.protected_fifos are set (proc_sys_fs(5)); this holds whatever they are.
 */
#ifndef SHM_SYSTEM_SAFE_OPEN_H
#define SHM_SYSTEM_SAFE_OPEN_H

#include <stdbool.h>

/* What these functions return beside 0 and errno values; error.h has the words. */
enum {
	UNSAFE_LINK =
		4096, /* a symlink of another user in a sticky directory; above any errno value */
	UNSAFE_FIFO,  /* the same of a FIFO */
	UNSAFE_REPLACED,   /* somebody keeps replacing it */
	UNSAFE_OWNER,      /* belongs to neither root nor the caller */
	UNSAFE_WRITABLE,   /* others may write to it */
	UNSAFE_KIND,       /* is not a regular file */
	UNSAFE_FILESYSTEM, /* is a file of /proc or /sys */
};

/* Opens it as open(2) does, close-on-exec; not for O_CREAT. Returns 0 or an error. */
int safe_open(const char *path, int flags, int *fd);

/* A file by its directory, symlinks resolved. */
struct file_place {
	int directory;  /* open (O_PATH) */
	char *name;     /* in it: no symlink when it was looked at, except in /proc */
	int file;       /* what was looked at (O_PATH); -1: there is none of this name */
	bool is_procfs; /* the directory is one of /proc, where only the kernel makes links */
};

#define FILE_PLACE_NONE ((struct file_place){ .directory = -1, .file = -1 })

/*
 * Finds it. That it does not exist is no error; that its directory does not
 * is. Returns 0 or an error; then there is nothing to be closed.
 */
int file_place_find(struct file_place *place, const char *path);

/* Opens what was found there. UNSAFE_REPLACED: it is another file now. */
int file_place_open(const struct file_place *place, int flags, int *fd);

void file_place_close(struct file_place *place);

/*
 * Opens a regular file for reading that no user other than root and the
 * caller can have made, replaced or changed: it, each directory on the way from
 * / and each symlink on it belong to root (or whoever owns /, which in a user
 * namespace may be a user that is not mapped) or to the caller, and are writable
 * by nobody else; that a directory is sticky does not help. Returns 0
 * or an error, then with the directory or symlink that is at fault in *where, to
 * be freed, or NULL: the file itself is.
 */
int trusted_open(const char *path, int *fd, char **where);

#endif
