/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan: looks into the memory maps of all processes for mappings of segments.
 * Which segment of which IPC namespace a mapping is of is decided elsewhere
 * (shm/holders.c): here only its id counts.
 */
#ifndef SHM_PROCESS_SCAN_H
#define SHM_PROCESS_SCAN_H

#include "shm/process/holders.h"

/*
 * Fills *holders with the mappings of segments with this id (-1: any), sorted by
 * id, process and address. Returns 0, and then holders_free() ends it, or an
 * errno value; ENOENT: /proc is not mounted. Whose numbers /proc has is not asked.
 */
int scan_processes(struct holders *holders, int only);

#endif
