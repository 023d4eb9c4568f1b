/* SPDX-License-Identifier: GPL-2.0-or-later */
/* footer: the line after a table. It is printed on a terminal, and with -A always. */
#ifndef TEXT_FOOTER_H
#define TEXT_FOOTER_H

#include "shm/segment/segment.h"
#include "text/output.h"

struct footer {
	bool exact; /* sizes in bytes */
	/*
	 * A command that previews the removal of the orphaned segments in this table, or
	 * NULL if no command would select the same segments.
	 */
	const char *command;
	bool everywhere;  /* -A */
	size_t visited;   /* IPC namespaces that were listed */
	size_t inhabited; /* how many of them have segments in this table */
};

/*
 * Prints how many segments and bytes there are, and how many of them are orphaned. If
 * there are no segments, prints nothing, or with -A how many namespaces were listed, if any.
 */
void print_footer(struct output *output, const struct footer *footer,
		  const struct segment *segments, size_t count);

#endif
