/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/ipc_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "shm/process/procfs.h"
#include "shm/system/clock.h"

/*
 * Whose process it is takes as long to find out as examining this many of its files. After as many,
 * the time is counted.
 */
enum { FEW = 64 };

static void count_time(struct ipc_files_use *use, int64_t *clock, bool is_limited)
{
	const int64_t now = processor_us();

	if (is_limited)
		use->time += now - *clock;
	*clock = now;
}

int ipc_files_read(pid_t pid, int process, struct ipc_files_use *use,
		   int (*found)(void *context, ino_t inode, const char *path), void *context)
{
	const size_t unasked = use->time < IPC_FILES_TIME ? FEW : 0;
	bool is_limited = true;
	size_t count = 0;
	const struct dirent *entry;
	char path[512];
	int64_t clock = processor_us();
	int directory = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = directory < 0 ? NULL : fdopendir(directory);
	int error = 0;

	if (directory >= 0 && !files)
		close(directory);
	while (files && !error && (entry = readdir(files))) {
		ino_t inode;

		if (*entry->d_name == '.')
			continue;
		if (count == unasked)
			is_limited = !process_is_of_root(pid);
		if (count % FEW == 0)
			count_time(use, &clock, is_limited);
		if (count++ >= unasked && is_limited && use->time >= IPC_FILES_TIME) {
			use->processes_skipped++;
			break;
		}
		inode = namespace_inode(directory, entry->d_name, "ipc");
		if (!inode)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, entry->d_name);
		error = found(context, inode, path);
	}
	count_time(use, &clock, is_limited);
	if (files)
		closedir(files);
	return error;
}
