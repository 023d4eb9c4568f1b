/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holders_text: prints the processes that have a segment attached, as text and as JSON. */
#ifndef TEXT_HOLDERS_TEXT_H
#define TEXT_HOLDERS_TEXT_H

#include "shm/process/holders.h"
#include "text/output.h"
#include "text/view.h"

/* Describes an error of holders_read(), for a message. */
const char *reason_of_holders(int error);

/*
 * Prints one line for each attachment and one for the note, or "none". All lines except
 * the first are indented by indent spaces.
 */
void print_holders(struct output *output, struct view *view, const struct segment *segment,
		   int indent);

/* Prints an array of objects, or null if the attached processes were not read. */
void json_holders(struct output *output, struct view *view, const struct segment *segment);

/*
 * Returns two strings in one buffer, for free(3), or NULL if out of memory. The first is
 * short ("1234 hold, 1300 postgres and 12 more, 1 unseen"). The second begins after its
 * zero byte, and names all processes (holders_in_full()).
 */
char *holders_text(struct view *view, const struct segment *segment);

/*
 * Fails with "BEFORE attached by process 12 (hold, alice)", and notes it if some of the attached
 * processes are not known. If none is, the text is the number of attachments, and the last user
 * if it is running, otherwise the creator. Returns the status.
 */
enum status fail_attached(struct view *view, const struct segment *segment, enum status status,
			  const char *before);

/*
 * The size of the segment's pages in bytes, or 0 if it is not known. Only a mapping of an
 * attached process shows whether a segment has huge pages.
 */
uint64_t holders_page(struct view *view, const struct segment *segment);

#endif
