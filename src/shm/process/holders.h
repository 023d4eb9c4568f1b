/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holders: finds the processes that have segments attached. It reads /proc and
 * attaches nothing, so it leaves no trace. attachments.h describes how a mapping is
 * assigned to a segment.
 */
#ifndef SHM_PROCESS_HOLDERS_H
#define SHM_PROCESS_HOLDERS_H

#include <stddef.h>

#include "shm/process/attachments.h"
#include "shm/process/namespaces.h"
#include "shm/process/process.h"
#include "shm/segment/listing.h"

struct holders {
	struct mappings all;
	struct attachments *items; /* of the attached segments, sorted by namespace and id */
	size_t count;
};

/*
 * Finds all mappings of segments. Ignores processes that exit during the scan.
 * losses: see scan.h. Returns 0, and then holders_free() must follow, or an errno
 * value; ENOENT: /proc is not mounted; ENXIO: /proc is that of another PID namespace.
 */
int holders_read(struct holders *holders, struct scan_losses *losses);

/*
 * Assigns the mappings to the segments of this list, which must have been read before
 * holders_read(). namespaces: the namespaces that the list covers, or NULL if it is
 * the list of one. Returns 0 or an errno value.
 */
int holders_decide(struct holders *holders, const struct listing *list,
		   struct namespaces *namespaces, struct scan_losses *losses);

/*
 * The processes that certainly have this segment attached. NULL: holders_decide() was
 * not called, or the segment was not in its list.
 */
const struct attachments *holders_of(const struct holders *holders, const struct segment *segment);

/* Whether this process is known to have the segment attached. */
bool holders_have(const struct holders *holders, const struct segment *segment, pid_t pid);

/*
 * As process_origin(), for the process of a holder. Nothing is known of one that has another user
 * or command name now: its pid may be another process's.
 */
const struct process *holder_origin(struct processes *processes, const struct holder *holder);

void holders_free(struct holders *holders);

/*
 * Opens the segment as a file, through /proc/PID/map_files of a process that has it
 * attached from its first byte. That leaves no trace. flags: O_RDONLY or O_RDWR;
 * the mode of the segment is not checked. Succeeds only if it is certain which
 * mapping belongs to the segment: all attachments were seen, and nothing changed in
 * the meantime. Returns a descriptor (close-on-exec), or -1 with errno set: EPERM
 * without permission, ENOENT if no mapping is certain.
 */
int holder_open(const struct segment *segment, int flags);

#endif
