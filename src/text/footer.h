/* SPDX-License-Identifier: GPL-2.0-or-later */
/* footer: what stands below a table on a terminal, and with -A always. */
#ifndef TEXT_FOOTER_H
#define TEXT_FOOTER_H

#include "shm/segment/segment.h"
#include "text/output.h"

struct footer {
	bool exact; /* sizes in bytes */
	/*
	 * What shows the orphaned segments of the list: the command, or NULL
	 * where it would be another list, with the namespace of -N, or NULL.
	 */
	const char *command;
	const char *ns;
	bool everywhere;  /* -A */
	size_t visited;   /* IPC namespaces that were looked into */
	size_t inhabited; /* those of them where the segments are */
};

/*
 * Tells how many segments and bytes there are, and how many of them are
 * orphaned; nothing at all for no segments, but with -A where there are none.
 */
void print_footer(struct output *output, const struct footer *footer,
		  const struct segment *segments, size_t count);

#endif
