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
 * Writes to text why some attachments are not known ("2 of 3 attachments identified; run
 * as root to identify the others"), and returns text. Returns NULL if all are known.
 */
enum { HOLDERS_NOTE_SIZE = 256 };
const char *holders_note(char text[HOLDERS_NOTE_SIZE], const struct holders *holders,
			 const struct attachments *attachments);

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
 * Returns "process 1234 (hold, alice), 1300 (postgres, pg) and 12 more", for free(3), or
 * NULL if no process is known.
 */
char *holders_sentence(struct view *view, const struct segment *segment);

/*
 * Returns "attached by process 12 (hold, alice)", for free(3), or NULL if out of memory.
 * If no attached process is known, the text is the number of attachments, and the last user if
 * it is running, otherwise the creator.
 */
char *attached_sentence(struct view *view, const struct segment *segment);

/*
 * The size of the segment's pages in bytes, or 0 if it is not known. Only a mapping of an
 * attached process shows whether a segment has huge pages.
 */
uint64_t holders_page(struct view *view, const struct segment *segment);

#endif
