/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attachments: decides which mappings belong to a segment.
 *
 * A mapping of a segment has the segment's id as its inode number, and the device
 * number of the kernel's own tmpfs or hugetlbfs (maps.h). That distinguishes it from
 * a file of the same name. But each IPC namespace has its own ids, and a process
 * may have attached a segment in another namespace than it is in now. So mappings
 * with the id and key of a segment, and with a file of its size and creator (or if that cannot be
 * looked at, with its extent) are only candidates.
 *
 * With access to /proc/PID/map_files (CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN in
 * the initial user namespace), candidates are grouped by inode. nattch and the
 * namespaces of the processes then show which group is the segment. Without that
 * access, the candidates of processes in the segment's namespace are taken.
 *
 * nattch counts mappings, not processes: mprotect(2) and munmap(2) can split
 * one mapping into several. A mapping made through map_files is not counted.
 */
#ifndef SHM_PROCESS_ATTACHMENTS_H
#define SHM_PROCESS_ATTACHMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm/process/mappings.h"
#include "shm/process/namespace.h"
#include "shm/segment/segment.h"

/* Why some attachments of a segment are not known. */
enum holders_doubt {
	HOLDERS_ALL,        /* all are known: as many as nattch */
	HOLDERS_DENIED,     /* the memory of some processes may not be read */
	HOLDERS_NAMESPACE,  /* processes in other PID namespaces, or hidden ones, cannot be seen */
	HOLDERS_UNDECIDED,  /* some may belong to a segment of another namespace with this id */
	HOLDERS_CHANGED,    /* nattch changed during the scan */
	HOLDERS_UNEXPLAINED /* more or fewer than nattch, for an unknown reason */
};

/* The mappings of one segment: its candidates, until attachments_decide(). */
struct attachments {
	uint64_t ns; /* inode of the segment's IPC namespace */
	int id;
	struct holder **items; /* of one IPC namespace: by pid and address */
	size_t count;
	uint64_t nattch;  /* as it was after the scan */
	size_t undecided; /* mappings of this segment or of another one with its id */
	enum holders_doubt doubt;
};

/*
 * Finds the candidates. *budget: how many mappings may be looked at; those that are, are
 * subtracted. If there are more, only those of processes in the segment's namespace are looked at.
 * The caller frees items with free(3). Returns 0 or ENOMEM.
 */
int attachments_gather(struct attachments *candidates, const struct mappings *all,
		       const struct segment *segment, size_t *budget);

/*
 * Whether the candidates are as many as nattch, all are mappings of processes in the segment's
 * namespace, and their files were looked at, if that is permitted. That is nearly always so, and
 * then they are the attachments. Otherwise identities_find() is needed before attachments_decide().
 */
bool attachments_are_plain(const struct attachments *candidates, const struct mappings *all);

/*
 * Keeps the candidates that are attachments of the segment, and sets undecided and
 * doubt. now is the segment as it was after the scan, or NULL if it no longer exists.
 */
void attachments_decide(struct attachments *candidates, const struct mappings *all,
			const struct segment *segment, const struct segment *now);

/*
 * The identity of the segment (struct holder), or 0 if it is not certain. It is
 * certain if attachments_decide() would choose it, every attachment was seen, and one
 * belongs to a process in the segment's namespace.
 */
int attachments_identity(struct attachments *candidates, const struct mappings *all,
			 const struct segment *segment);

/* Whether both are the same segment, and no process attached or detached it in between. */
bool attachments_unchanged(const struct segment *before, const struct segment *after);

#endif
