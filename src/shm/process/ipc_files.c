/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/ipc_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/process/procfs.h"

/* The inode of the IPC namespace that is open as this file of /proc/PID/fd; 0: it is none. */
static ino_t inode_of(int files, const char *name)
{
	static const char prefix[] = "ipc:[";
	char target[64] = "";
	ssize_t length = *name == '.' ? -1 : readlinkat(files, name, target, sizeof(target));

	if (length < (ssize_t)sizeof(prefix) || length == sizeof(target) ||
	    memcmp(target, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	target[length - 1] = '\0';
	return strtoul(target + sizeof(prefix) - 1, NULL, 10);
}

int ipc_files_read(pid_t pid, struct ipc_files_use *use,
		   int (*found)(void *context, ino_t inode, const char *path), void *context)
{
	const bool is_limited = !process_is_of_root(pid);
	const struct dirent *entry;
	char path[512];
	DIR *files;
	int error = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	files = opendir(path);
	while (files && !error && (entry = readdir(files))) {
		ino_t inode;

		if (is_limited && use->examined >= IPC_FILES_MOST) {
			use->processes_skipped++;
			break;
		}
		use->examined += is_limited;
		inode = inode_of(dirfd(files), entry->d_name);
		if (!inode)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, entry->d_name);
		error = found(context, inode, path);
	}
	if (files)
		closedir(files);
	return error;
}
