/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holders: which processes have segments attached, found in /proc without
 * attaching anything, so that looking leaves no trace.
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
#ifndef SHM_PROCESS_HOLDERS_H
#define SHM_PROCESS_HOLDERS_H

#include <stddef.h>

#include "shm/process/maps.h"
#include "shm/segment/segment.h"
#include "shm/system/intmap.h"

/* One mapping of a segment. */
struct holder {
	struct mapping mapping;
	pid_t pid;
	/*
	 * The thread whose /proc/TASK shows the memory: the process itself, or
	 * when its first thread has exited, another.
	 */
	pid_t task;
	uint64_t ns;  /* inode of the IPC namespace where it is now; 0: not known */
	int identity; /* equal for mappings of one segment; 0: not known (yet) */
};

/* Why not all of the attachments of a segment are known. */
enum holders_doubt {
	HOLDERS_ALL,        /* all are: as many as nattch says */
	HOLDERS_DENIED,     /* there are processes at whose memory we may not look */
	HOLDERS_NAMESPACE,  /* processes of other pid namespaces cannot be seen */
	HOLDERS_UNDECIDED,  /* some may be of another namespace's segment with this id */
	HOLDERS_CHANGED,    /* nattch changed during the look */
	HOLDERS_UNEXPLAINED /* more or fewer than nattch, and nothing says why */
};

/* The holders of one segment. */
struct attachments {
	int id;
	struct holder **items; /* by pid and address */
	size_t count;
	uint64_t nattch;  /* after the look */
	size_t undecided; /* mappings that are of it or of another namespace's segment */
	enum holders_doubt doubt;
};

/* All mappings of segments that one scan over /proc found. */
struct holders {
	struct holder *items;
	size_t count;
	size_t capacity;
	size_t denied;      /* processes at whose memory we may not look */
	bool all_processes; /* none is hidden from us in another pid namespace */
	uint64_t ns;        /* inode of our IPC namespace, as it was during the scan */
	struct intmap known;
	int inotify; /* tells inodes apart; 0: not opened yet */
};

/*
 * Walks over all processes. Processes that share an address space (vfork(2),
 * CLONE_VM) are there once, where kcmp(2) may tell. Those that end meanwhile
 * are no error. Returns 0, and then holders_free() ends it, or an errno value;
 * ENOENT: /proc is not mounted; ENXIO: it is that of another pid namespace.
 */
int holders_read(struct holders *holders);

/*
 * Who has this segment attached: never a guess, see above. Valid until
 * holders_free(); NULL without memory, and for a segment of another IPC
 * namespace, of which a scan in ours says nothing. nattch in *segment is to be
 * from before the scan.
 */
const struct attachments *holders_of(struct holders *holders, const struct segment *segment);

/* Whether this process is known to hold the segment. */
bool holders_have(struct holders *holders, const struct segment *segment, pid_t pid);

/*
 * The effective user of the process; (uid_t)-1: it is not known any more. Asked
 * when it is shown, as its command is: for all it would take a tenth of the scan.
 */
uid_t holder_user(const struct holder *holder);

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
