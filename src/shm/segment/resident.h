/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resident: how much of a segment is in memory, where the kernel's list is
 * wrong about it. Since Linux 6.7 it counts huge pages twice over: it multiplies
 * a number of base pages by the base pages of a huge page (shm_add_rss_swap() in
 * ipc/shm.c), so that 2 MiB show as 1 GiB.
 */
#ifndef SHM_SEGMENT_RESIDENT_H
#define SHM_SEGMENT_RESIDENT_H

#include "shm/segment/segment.h"

/*
 * Corrects rss in a list that the running kernel has just given. The list does
 * not say which segments have huge pages: where the figure could be either that
 * of small pages or that of huge pages that are in use on this machine, or can
 * be neither, memory_known becomes false.
 */
void resident_correct(struct segment *segments, size_t count);

#endif
