/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * map_files: an attached segment as a file. The kernel keeps every segment as a
 * file of tmpfs or hugetlbfs, which /proc/PID/map_files opens (proc(5)) with
 * CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN in the initial user namespace. The file's
 * mode is 0777 whatever that of the segment is.
 */
#ifndef SHM_BYTES_MAP_FILES_H
#define SHM_BYTES_MAP_FILES_H

#include <stddef.h>

/*
 * Whether map_files_open() can be used at all, tried on memory of this process: 0,
 * EPERM without the capability, ENOENT without /proc, or another errno value.
 */
int map_files_allowed(void);

/*
 * Opens what this process has attached at this address, with flags of open(2),
 * close-on-exec. Returns a descriptor, or -1 with errno: EPERM without the
 * capability, ENOENT without /proc.
 */
int map_files_open(const void *attached, int flags);

/*
 * A path by which other processes can open the descriptor fd again, for as long as
 * this process has it. Returns 0 or an errno value.
 */
int map_files_path(int fd, char *path, size_t size);

#endif
