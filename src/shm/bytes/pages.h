/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pages: rounds sizes up to whole pages. */
#ifndef SHM_BYTES_PAGES_H
#define SHM_BYTES_PAGES_H

#include <stdint.h>

/* The least multiple of page that is not less than bytes. It must fit into 64 bits. */
static inline uint64_t round_up(uint64_t bytes, uint64_t page)
{
	return (bytes + page - 1) / page * page;
}

#endif
