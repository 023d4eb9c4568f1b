/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namespaces: finds the IPC namespaces of the machine. */
#ifndef SHM_PROCESS_NAMESPACES_H
#define SHM_PROCESS_NAMESPACES_H

#include "shm/process/namespace_list.h"
#include "shm/process/scan.h"

/*
 * Finds the IPC namespaces that have a process or thread in /proc, that such a process
 * holds open, or that are mounted in its mount namespace. A namespace that only a
 * mapping of one of its segments keeps in existence is not found. Each is listed once:
 * first that of this process, then by the lowest process, and last those without
 * processes. Each is kept open, and so in existence, until namespaces_free(); the limit
 * on open files is raised to its maximum for that. Ignores processes that exit during
 * the search. If processes are lost, or there are too many open files or mounts, adds the
 * namespaces of found->before that may still exist, with the error ETIMEDOUT. losses: see scan.h.
 * Returns 0 or an errno value (ENOENT: no /proc).
 */
int namespaces_find(struct namespaces *found, struct scan_losses *losses);

#endif
