/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * namespace_keys: finds the keys that files of the keep list have in other IPC
 * namespaces. A program in a container derives its key (ftok(3)) from a file below
 * its own root directory, which may be another file than that of the same path here.
 */
#ifndef SHM_PROCESS_NAMESPACE_KEYS_H
#define SHM_PROCESS_NAMESPACE_KEYS_H

#include "shm/process/namespaces.h"
#include "shm/segment/keep.h"

/*
 * Sets kept of all namespaces except that of this process: the keys of these files as the
 * processes in each namespace see them, once per root directory. A file that does not exist
 * there has no key. The path of a file cannot lead out of the root directory of the process
 * (RESOLVE_IN_ROOT of openat2(2), Linux 5.6, which also refuses links of /proc; otherwise a child
 * process calls chroot(2)). kept.error is set if a file could not be examined, if that took too
 * long (ETIME), if a process of the namespace did not answer, or if none could be asked; and in
 * all namespaces if a process did not answer or was skipped (scan.h) before the namespaces of all
 * its threads were known, or (EPERM) if root may not look at one. For ordinary users, such
 * processes are ignored. ESRCH: no process of the namespace is visible, but it may have some in
 * another PID namespace. losses: see scan.h. Returns 0 or an errno value; after an error, kept is
 * not valid.
 */
int namespace_keys_find(struct namespaces *found, const struct keep_files *files,
			struct scan_losses *losses);

#endif
