/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listing: reads lists of segments, from the kernel or from a saved copy of its list.
 */
#ifndef SHM_SEGMENT_LISTING_H
#define SHM_SEGMENT_LISTING_H

#include "shm/segment/segment.h"
#include "shm/system/intmap.h"

struct listing {
	struct segment *items;
	size_t count;
	size_t capacity;
};

/* Why a list could not be read, for a message. All but error are about a malformed list. */
struct listing_fault {
	int error;         /* an errno value; EBADMSG: the list is malformed */
	size_t line;       /* from 1; 0: not the fault of one line */
	const char *what;  /* what is wrong */
	const char *field; /* the column, or NULL */
};

#define LISTING_PATH "/proc/sysvipc/shm"

/*
 * Reads all segments of this IPC namespace from /proc/sysvipc/shm, or if that file is
 * missing or refused, by SHM_STAT_ANY over all indexes (rss and swap are then unknown).
 * Returns 0, or an errno value with *fault set. EOPNOTSUPP: segments exist, but the
 * system cannot list them (gVisor). ENOSYS: the system has no System V shared memory.
 * listing_free() must follow, even after an error.
 */
int listing_read(struct listing *list, struct listing_fault *fault);

/*
 * Reads a list in the format of /proc/sysvipc/shm from fd, up to its end. Columns are
 * found by their names in the header, so lists of any kernel since 2.6 can be read (rss
 * and swap exist since 2.6.35). Unknown columns are ignored, and so is a carriage
 * return at the end of a line. A row that cannot be parsed, a missing header or a last
 * line without newline makes the whole list invalid (EBADMSG). Returns 0, or an errno
 * value with *fault set.
 */
int listing_parse(struct listing *list, int fd, struct listing_fault *fault);

/*
 * Finds the segment with this id in the kernel's list, which every user may read. The list is
 * slow if there are many segments. Returns 0 or an errno value; EINVAL: the list does not have it.
 */
int listing_look_listed(int id, struct segment *segment);

/* As segment_look(). If that is refused, listing_look_listed(). */
int listing_look(int id, struct segment *segment);

/*
 * Completes the result of segment_look() in a 32-bit program, which has only the low 32
 * bits of size: reads size from the list. Does nothing in a 64-bit program.
 */
void listing_whole_size(struct segment *segment);

/* The segment in the list with this id, or NULL. */
struct segment *listing_find(const struct listing *list, int id);

/*
 * Indexes the list by id (of two segments with the same id, the first). The map is valid
 * until a segment is added to the list. Returns 0 or ENOMEM; intmap_free(map, NULL) must
 * follow in either case.
 */
int listing_index(const struct listing *list, struct intmap *map);

/* Adds a copy of one segment. Returns 0 or ENOMEM. */
int listing_add(struct listing *list, const struct segment *segment);

void listing_free(struct listing *list);

#endif
