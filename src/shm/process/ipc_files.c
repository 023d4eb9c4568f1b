/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/ipc_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "shm/process/procfs.h"

/* Whose process it is takes as long to find out as examining this many of its files. */
enum { FEW = 64 };

int ipc_files_read(pid_t pid, int process, struct ipc_files_use *use,
		   int (*found)(void *context, ino_t inode, const char *path), void *context)
{
	const size_t unasked = use->examined < IPC_FILES_MOST ? FEW : 0;
	bool is_limited = true;
	size_t count = 0;
	const struct dirent *entry;
	char path[512];
	int directory = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = directory < 0 ? NULL : fdopendir(directory);
	int error = 0;

	if (directory >= 0 && !files)
		close(directory);
	while (files && !error && (entry = readdir(files))) {
		ino_t inode;

		if (*entry->d_name == '.')
			continue;
		if (count++ == unasked)
			is_limited = !process_is_of_root(pid);
		if (count > unasked && is_limited && use->examined >= IPC_FILES_MOST) {
			use->processes_skipped++;
			break;
		}
		use->examined += is_limited;
		inode = namespace_inode(directory, entry->d_name, "ipc");
		if (!inode)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, entry->d_name);
		error = found(context, inode, path);
	}
	if (files)
		closedir(files);
	return error;
}
