/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * safe_open: opens a path from the command line or a file, so that no other user
 * can redirect it. A path is followed one component at a time, each relative to
 * the directory before it, which is kept open. So the file that was checked is
 * the file that is used, even if a component is renamed or replaced in between.
 *
 * In a directory with the sticky bit that others may write to (/tmp), a symlink
 * or a FIFO is refused unless it belongs to the caller or to the directory's
 * owner. The kernel does the same if fs.protected_symlinks and
 * fs.protected_fifos are set (proc_sys_fs(5)); safe_open() does it always.
 */
#ifndef SHM_SYSTEM_SAFE_OPEN_H
#define SHM_SYSTEM_SAFE_OPEN_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * Errors that these functions return besides errno values, which are all less
 * than 4096. text/error.h describes them for users.
 */
enum {
	UNSAFE_LINK = 4096, /* a symlink of another user, in a sticky directory */
	UNSAFE_FIFO,        /* a FIFO of another user, in a sticky directory */
	UNSAFE_REPLACED,    /* a process keeps replacing the file */
	UNSAFE_OWNER,       /* belongs to neither root nor the caller */
	UNSAFE_WRITABLE,    /* others may write to it */
	UNSAFE_KIND,        /* is not a regular file */
	UNSAFE_FILESYSTEM,  /* is a file of /proc or /sys */
};

/*
 * Opens a path as open(2) does, close-on-exec. flags must not have O_CREAT.
 * Returns 0 or an error.
 */
int safe_open(const char *path, int flags, int *fd);

/*
 * As fstat(2), but asks no FUSE server (since Linux 4.20), which may never answer. Only device and
 * inode are certain. Returns 0 or an errno value.
 */
int stat_locally(int fd, struct stat *status);

/*
 * Opens, with O_PATH, a path that another process may let lead elsewhere at any moment, if it leads
 * to the file with this device and inode; if not, returns ENOENT. It has no effect on any other
 * file, and asks no FUSE server. Returns 0 or an errno value.
 */
int open_if_same(const char *path, dev_t device, ino_t inode, int *fd);

/* Opens a file again that was opened with O_PATH, with these flags. Returns 0 or an errno value. */
int open_again(int place, int flags, int *fd);

/* A file, as a directory and a name in it, with all symlinks resolved. */
struct file_place {
	int directory;  /* open (O_PATH) */
	char *name;     /* in the directory. Not a symlink when it was checked, except in /proc */
	int file;       /* the file that was checked (O_PATH); -1: it does not exist */
	bool is_procfs; /* the directory is in /proc, where only the kernel makes links */
};

#define FILE_PLACE_NONE ((struct file_place){ .directory = -1, .file = -1 })

/*
 * Finds the place of a path. The file need not exist, but its directory must.
 * Returns 0, and then file_place_close() must follow, or an error.
 */
int file_place_find(struct file_place *place, const char *path);

/*
 * Opens the file that was found, with flags of open(2). Waits only for the other end of
 * a FIFO (or for a file of /proc). Returns 0 or an error; UNSAFE_REPLACED: the name stands
 * for another file now; EAGAIN: another process has a lease on the file (F_SETLEASE).
 */
int file_place_open(const struct file_place *place, int flags, int *fd);

void file_place_close(struct file_place *place);

/*
 * Opens a regular file for reading that only root and the caller can have
 * created, replaced or changed. The file, each directory on the way to it from /
 * and each symlink on that way must belong to the caller or to root (or to the
 * owner of /, who may be unmapped in a user namespace). No other user may be able
 * to write to them, not even to a sticky directory. Returns 0 or an error. After
 * an error *where is the directory or symlink at fault, for free(3), or NULL if
 * the file itself is.
 */
int trusted_open(const char *path, int *fd, char **where);

#endif
