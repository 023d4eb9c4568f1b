/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pages: sizes in whole pages. */
#ifndef SHM_BYTES_PAGES_H
#define SHM_BYTES_PAGES_H

#include <stdint.h>

/* The next multiple of the page that is not less; all in bytes. It must fit. */
static inline uint64_t round_up(uint64_t bytes, uint64_t page)
{
	return (bytes + page - 1) / page * page;
}

#endif
