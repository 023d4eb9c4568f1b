/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holders: which processes have segments attached, found in /proc without
 * attaching anything, so that looking leaves no trace. attachments.h has how it is
 * decided what a mapping is of.
 */
#ifndef SHM_PROCESS_HOLDERS_H
#define SHM_PROCESS_HOLDERS_H

#include <stddef.h>

#include "shm/process/attachments.h"
#include "shm/process/namespaces.h"
#include "shm/segment/listing.h"

struct holders {
	struct mappings all;
	struct attachments *items; /* of the attached segments, by namespace and id */
	size_t count;
};

/*
 * Finds all mappings of segments. Processes that exit meanwhile are no error.
 * losses: see scan.h. Returns 0, and then holders_free() ends it, or an errno
 * value; ENOENT: /proc is not mounted; ENXIO: it is that of another PID namespace.
 */
int holders_read(struct holders *holders, struct scan_losses *losses);

/*
 * Decides which of them are of the segments of this list, which is to be from
 * before the scan, in whatever namespaces they are; namespaces: those that they are
 * marked with, or NULL. Returns 0 or an errno value.
 */
int holders_decide(struct holders *holders, const struct listing *list,
		   struct namespaces *namespaces, struct scan_losses *losses);

/*
 * The processes that have this segment attached: never a guess. NULL: that was not
 * decided.
 */
const struct attachments *holders_of(const struct holders *holders, const struct segment *segment);

/* Whether this process is known to hold the segment. */
bool holders_have(const struct holders *holders, const struct segment *segment, pid_t pid);

void holders_free(struct holders *holders);

/*
 * Opens the segment as a file through /proc/PID/map_files of a holder, from
 * its first byte, with flags of open(2) (O_RDONLY or O_RDWR, whatever the
 * mode of the segment says): a look through it leaves no trace. Only where it
 * is certain which mapping is of this segment: all attachments were seen, and
 * nothing changed meanwhile. Returns a descriptor (close-on-exec), or -1 with
 * errno: EPERM without the right, ENOENT when no holder is certain.
 */
int holder_open(const struct segment *segment, int flags);

#endif
