/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * namespace_keys: the keys that files of the keep list have in other IPC
 * namespaces. A program in a container makes its key of a file below its own
 * root directory, not below ours.
 */
#ifndef SHM_PROCESS_NAMESPACE_KEYS_H
#define SHM_PROCESS_NAMESPACE_KEYS_H

#include "shm/process/namespaces.h"
#include "shm/segment/keep.h"

/*
 * Sets kept of all namespaces but the first, which is our own: the keys of
 * these files as the processes of that namespace see them, once for each mount
 * namespace. A file that does not exist there has none. The path of a file
 * cannot lead out of the root directory of the process (RESOLVE_IN_ROOT of
 * openat2(2), Linux 5.6; before, no file has a key there). Where a process does
 * not answer, or none does, its namespace gets an error. losses: see scan.h. Returns
 * 0 or an errno value: then nothing is known of any.
 */
int namespace_keys_find(struct namespaces *found, const struct keep_files *files,
			struct scan_losses *losses);

#endif
