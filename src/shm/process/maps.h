/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maps: finds mappings of System V segments in the memory of a process.
 *
 * Such a mapping has the segment's id as its inode number and the name
 * "/SYSV000004d2 (deleted)", where the digits are the key with which the segment was
 * created. Any file can have such a name and inode number, so its device must also be
 * the kernel's own tmpfs, or hugetlbfs (one device for each size of huge pages).
 * memfd_create(2) uses the same devices, but never such a name.
 */
#ifndef SHM_PROCESS_MAPS_H
#define SHM_PROCESS_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What a mapping allows now: mprotect(2) may have changed it since shmat(2). */
enum mapping_access {
	MAPPING_NONE,
	MAPPING_READ,
	MAPPING_WRITE, /* on most machines this includes reading */
};

struct mapping {
	uint64_t start;
	uint64_t end;    /* the first address after it */
	uint64_t offset; /* of start within the segment, in bytes */
	uint64_t inode;
	uint64_t page; /* size of the segment's pages, in bytes; 0: not known yet */
	dev_t device;
	key_t key;
	enum mapping_access access;
};

/*
 * Finds the next shared mapping that is named like a segment, in whole lines of
 * /proc/PID/maps from *at to end, and moves *at after its line. Returns false if there
 * is none; *at is then end. Ignores lines that the kernel cannot have written. Does
 * not check the device.
 */
bool maps_next(const char **at, const char *end, struct mapping *mapping);

/* At most this many devices: tmpfs, and hugetlbfs with pages of 2^12 to 2^43 bytes. */
enum { MAPS_DEVICES_MAX = 33 };

/* State for reading the mappings of many processes. */
struct maps {
	struct maps_device {
		dev_t device;
		uint64_t page;
	} devices[MAPS_DEVICES_MAX];
	size_t device_count;
	bool by_text; /* read the text, since the kernel lacks PROCMAP_QUERY (Linux 6.11) */
	char *text;
};

/* Finds the devices. Returns 0 or an errno value. maps_end() must follow, even after an error. */
int maps_begin(struct maps *maps);

/*
 * Calls found() for each mapping of a segment in the memory of a process or thread
 * (/proc/TASK/maps). An errno value that found() returns ends the reading. Returns 0
 * or an errno value; ESRCH: the task has no memory, since it has exited or is a
 * kernel thread.
 */
int maps_read(struct maps *maps, pid_t task,
	      int (*found)(void *context, const struct mapping *mapping), void *context);

void maps_end(struct maps *maps);

#endif
