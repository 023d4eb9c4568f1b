/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resident: corrects how much of a segment is in memory. Since Linux 6.7 the kernel's
 * list is wrong for huge pages: it multiplies a number of base pages by the number of
 * base pages in a huge page (shm_add_rss_swap() in ipc/shm.c), so that 2 MiB appear as
 * 1 GiB.
 */
#ifndef SHM_SEGMENT_RESIDENT_H
#define SHM_SEGMENT_RESIDENT_H

#include "shm/segment/segment.h"

/*
 * Corrects rss in a list that was just read from the running kernel. The list does not
 * show which segments have huge pages. If a figure is possible both for small and for
 * huge pages (as many as are in use on this machine), or for neither, memory_known is set to
 * false, and rss to the figure for small pages, or to 0 if that is not possible.
 */
void resident_correct(struct segment *segments, size_t count);

#endif
