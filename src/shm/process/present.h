/* SPDX-License-Identifier: GPL-2.0-or-later */
/* present: finds out how much of each mapping of a segment its process has in memory. */
#ifndef SHM_PROCESS_PRESENT_H
#define SHM_PROCESS_PRESENT_H

#include "shm/process/mappings.h"

/*
 * Sets holder->present of each of these mappings, from the pages that /proc/PID/pagemap shows as
 * present (Rss in smaps of proc(5)). It stays unknown if pagemap cannot be read, and for all
 * remaining mappings after 0.3 seconds: a page takes about 10 ns, and there may be a thousand
 * processes with a large segment. Sorts the array. losses: see scan.h.
 */
void present_read(struct holder **holders, size_t count, struct scan_losses *losses);

#endif
