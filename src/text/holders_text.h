/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holders_text: the processes that have a segment attached, in words and in JSON. */
#ifndef TEXT_HOLDERS_TEXT_H
#define TEXT_HOLDERS_TEXT_H

#include "shm/process/holders.h"
#include "text/output.h"
#include "text/view.h"

/* Why holders_read() failed, in words. */
const char *reason_of_holders(int error);

/*
 * Why not all attachments are accounted for: "2 of 3 attachments identified; run as
 * root to identify the others". NULL when they are.
 */
enum { HOLDERS_NOTE_SIZE = 256 };
const char *holders_note(char text[HOLDERS_NOTE_SIZE], const struct holders *holders,
			 const struct attachments *attachments);

/*
 * One line for each attachment and one for the note, each but the first behind
 * so many blanks; "none" when there is nothing to tell.
 */
void print_holders(struct output *output, struct view *view, const struct segment *segment,
		   int indent);

/* An array of objects; null when nobody asked for it, or it is not known. */
void json_holders(struct output *output, struct view *view, const struct segment *segment);

/*
 * "1234 hold, 1300 postgres, 1 unseen": first with no more than a handful of
 * processes ("and 12 more"), and behind the end of that with all of them. To
 * be freed; NULL without memory.
 */
char *holders_text(struct view *view, const struct segment *segment);

/*
 * "process 1234 (hold, nobody), 1300 (postgres, pg) and 12 more", to be freed;
 * NULL when none is known.
 */
char *holders_sentence(struct view *view, const struct segment *segment);

/*
 * "attached by process 12 (hold, nobody)"; where no process is known, how many
 * there are, and which one created the segment. To be freed; NULL without memory.
 */
char *attached_sentence(struct view *view, const struct segment *segment);

/*
 * Bytes of a page of the segment, as a process that has it attached shows; 0: none does. Only
 * by looking at a mapping can huge pages be told.
 */
uint64_t holders_page(struct view *view, const struct segment *segment);

#endif
