/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attachments: which mappings are of one segment.
 *
 * A mapping of a segment has the segment's id as its inode, and lies on the
 * device that memfd_create(2) also uses (one more for each size of huge
 * pages): that tells it from a file of the same name. But each IPC namespace
 * has its own ids, and the namespace of a process is that of now, not that in
 * which it attached. So mappings with the id, key and extent of a segment are
 * only candidates. Where we may use /proc/PID/map_files (CAP_CHECKPOINT_RESTORE
 * or CAP_SYS_ADMIN in the first user namespace), we can tell which of them are
 * of one inode; then nattch, and where their processes are, tell which inode
 * is ours. Where we may not, those of processes in our namespace are believed.
 *
 * nattch counts mappings, not processes: mprotect(2) and munmap(2) can split
 * one into several. What maps a segment through map_files is not counted.
 */
#ifndef SHM_PROCESS_ATTACHMENTS_H
#define SHM_PROCESS_ATTACHMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm/process/mappings.h"
#include "shm/process/namespace.h"
#include "shm/segment/segment.h"

/* Why not all of the attachments of a segment are known. */
enum holders_doubt {
	HOLDERS_ALL,        /* all are: as many as nattch says */
	HOLDERS_DENIED,     /* there are processes at whose memory we may not look */
	HOLDERS_NAMESPACE,  /* processes of other pid namespaces cannot be seen */
	HOLDERS_UNDECIDED,  /* some may be of another namespace's segment with this id */
	HOLDERS_CHANGED,    /* nattch changed during the look */
	HOLDERS_UNEXPLAINED /* more or fewer than nattch, and nothing says why */
};

/* The mappings of one segment; at first those that may be of it, its candidates. */
struct attachments {
	uint64_t ns; /* inode of the segment's IPC namespace */
	int id;
	struct holder **items; /* by pid and address */
	size_t count;
	uint64_t nattch;  /* after the scan */
	size_t undecided; /* mappings that are of it or of another namespace's segment */
	enum holders_doubt doubt;
};

/* Gathers the candidates, for free(). Returns 0 or ENOMEM. */
int attachments_gather(struct attachments *candidates, const struct mappings *all,
		       const struct segment *segment);

/*
 * Whether they are as many as nattch, and all of processes in the segment's
 * namespace: then there is nothing to decide, as almost always. Otherwise they are
 * to be identified first (identities.h).
 */
bool attachments_are_plain(const struct attachments *candidates);

/*
 * Keeps of the candidates those that are of the segment, and sets what is not
 * known; now: the segment after the scan, or NULL: it no longer exists.
 */
void attachments_decide(struct attachments *candidates, const struct mappings *all,
			const struct segment *segment, const struct segment *now);

/*
 * The identity of the segment, when it is certain: it must be chosen as above,
 * and each attachment must have been seen; otherwise 0.
 */
int attachments_identity(struct attachments *candidates, const struct mappings *all,
			 const struct segment *segment);

/* Whether nobody attached or detached between two looks, and it is the same segment. */
bool attachments_unchanged(const struct segment *before, const struct segment *after);

#endif
