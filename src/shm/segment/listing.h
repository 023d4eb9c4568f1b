/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listing: reads lists of segments: the kernel's own, or a saved copy of it.
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

/* Why a list could not be read, for the message. */
struct listing_fault {
	int error;         /* an errno value; EBADMSG: the list is malformed */
	size_t line;       /* of a malformed list, from 1; 0: not one line's fault */
	const char *what;  /* of a malformed list: what is wrong */
	const char *field; /* of a malformed list: the column, or NULL */
};

#define LISTING_PATH "/proc/sysvipc/shm"

/*
 * Reads all segments of this IPC namespace from /proc/sysvipc/shm; where that
 * file is missing or refused, by SHM_STAT_ANY over all indexes (rss and swap
 * are then unknown). EOPNOTSUPP: there are segments, but nothing lists them
 * (gVisor). ENOSYS: no System V shared memory. Returns 0, or an errno value
 * with *fault filled. The caller ends it with listing_free(), also after an
 * error.
 */
int listing_read(struct listing *list, struct listing_fault *fault);

/*
 * Reads a list in the format of /proc/sysvipc/shm from fd, up to its end.
 * Columns are found by their names in the header, so that lists of any kernel
 * since 2.6 can be read (rss and swap came with 2.6.35); columns that we do
 * not know are passed over, and so is a CR at the end of a line. All of the list is read, or none: a row that does
 * not parse, a missing header and a last line without its newline are errors
 * (EBADMSG). Returns 0 or an errno value with *fault filled.
 */
int listing_parse(struct listing *list, int fd, struct listing_fault *fault);

/*
 * segment_look(); and where that is refused, what the list shows, which
 * anyone may read. That is slow where there are many segments.
 */
int listing_look(int id, struct segment *segment);

/*
 * Of a segment that was looked at: in a 32-bit program takes all of its size
 * from the list, since a look shows only the low 32 bits. Else does nothing.
 */
void listing_whole_size(struct segment *segment);

/* The segment with this id, or NULL. */
struct segment *listing_find(const struct listing *list, int id);

/*
 * All of its segments by their ids (of two with one id, the first), as long as
 * nothing is added. Returns 0 or ENOMEM; intmap_free(map, NULL) ends it
 * whatever is returned.
 */
int listing_index(const struct listing *list, struct intmap *map);

/* Adds a copy of one segment. Returns 0 or ENOMEM. */
int listing_add(struct listing *list, const struct segment *segment);

void listing_free(struct listing *list);

#endif
