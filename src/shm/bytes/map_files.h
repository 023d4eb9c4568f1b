/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * map_files: opens an attached segment as a file. The kernel keeps every segment
 * as a file of tmpfs or hugetlbfs. /proc/PID/map_files (proc(5)) opens it, and
 * requires CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN in the initial user namespace.
 * The file's mode is always 0777, whatever the segment's mode is.
 */
#ifndef SHM_BYTES_MAP_FILES_H
#define SHM_BYTES_MAP_FILES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Tries on memory of this process whether map_files_open() works. Returns 0, EPERM
 * without the capability, ENOENT without /proc, or another errno value.
 */
int map_files_allowed(void);

/* A segment that this process has attached. */
struct own_mapping {
	uint64_t length; /* UINT64_MAX: unknown without /proc */
	uint64_t page;   /* the size of its pages; 0: unknown without /proc */
};

/*
 * Looks up the mapping at this address in /proc/self/smaps (proc(5)). If a segment's file was
 * truncated, shmat(2) maps only the rest, and something else may follow it in memory.
 */
void own_mapping_look(const void *attached, struct own_mapping *mapping);

/*
 * Opens the segment that this process has attached at this address, with the length of
 * own_mapping_look() and flags of open(2), close-on-exec. Returns a descriptor, or -1 with
 * errno set: EPERM without the capability, ENOENT without /proc.
 */
int map_files_open(const void *attached, uint64_t length, int flags);

/*
 * Writes a path by which other processes can open the file of descriptor fd, as
 * long as this process keeps fd open. Returns 0 or an errno value.
 */
int map_files_path(int fd, char *path, size_t size);

#endif
