/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maps: the mappings of System V segments in the memory of a process.
 *
 * Such a mapping has the segment's id as its inode and the name "/SYSV000004d2
 * (deleted)", where the digits are the key with which the segment was made.
 * Any file can have such a name and inode, so its device must be that of the
 * kernel's own shared memory, too. memfd_create(2) uses the same one (one for
 * each size of huge pages), but never the name.
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
	MAPPING_WRITE, /* and reading, where the machine knows the difference */
};

struct mapping {
	uint64_t start;
	uint64_t end;    /* the first address behind it */
	uint64_t offset; /* of its start in the segment, in bytes */
	uint64_t inode;
	uint64_t page; /* size of the segment's pages, in bytes; 0: not known yet */
	dev_t device;
	key_t key;
	enum mapping_access access;
};

/*
 * Finds the next shared mapping that is named like a segment in the text of
 * /proc/PID/maps, in whole lines from *at to end, and moves *at behind its
 * line. false: there is none, and *at is end. What is not a line as the kernel
 * writes it is passed over. The device is not judged.
 */
bool maps_next(const char **at, const char *end, struct mapping *mapping);

/* Whether this is the name of a segment; sets the key with which it was made. */
bool maps_is_segment(const char *name, size_t length, key_t *key);

/* Sizes of huge pages, and so devices, of any machine: 2^12 to 2^43 bytes, and none. */
enum { MAPS_DEVICES_MAX = 33 };

/* What is needed to read the mappings of many processes. */
struct maps {
	struct maps_device {
		dev_t device;
		uint64_t page;
	} devices[MAPS_DEVICES_MAX];
	size_t device_count;
	bool by_text; /* the kernel has no PROCMAP_QUERY (Linux 6.11) */
	char *text;
};

/* Finds the devices. Returns 0 or an errno value; maps_end() ends it in any case. */
int maps_begin(struct maps *maps);

/*
 * Calls found for each mapping of a segment in the memory that /proc/TASK
 * shows, TASK being a process or a thread; an errno value that it returns ends
 * the reading. Returns 0 or an errno value; ESRCH: it has no memory (any more).
 */
int maps_read(struct maps *maps, pid_t task,
	      int (*found)(void *context, const struct mapping *mapping), void *context);

void maps_end(struct maps *maps);

#endif
