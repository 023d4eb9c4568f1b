/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keepfile: reads keep lists. A list has one entry per line, and comments after #. An
 * entry names the segments to keep: a key as in a SEGMENT operand (0x1234, key:1234,
 * ftok:PROJ:/PATH), or creator:USER. There is no owner:USER, since an owner can give
 * a segment to any user; the creator never changes. An entry that begins with - is
 * optional: it is ignored if this machine has no such user or path.
 */
#ifndef TEXT_KEEPFILE_H
#define TEXT_KEEPFILE_H

#include "shm/segment/keep.h"

/* The default lists. */
#define KEEPFILE_SYSTEM "/etc/shmtool/keep"

enum { KEEPFILE_FAULT_SIZE = 768 };

/*
 * Adds one entry. Returns what is wrong with it, or NULL. If only its PATH cannot be
 * resolved, returns NULL and sets *file_error to an error of safe_open.h.
 */
const char *keepfile_entry(struct keep *keep, const char *entry, int *file_error);

/*
 * Adds the entries of a file, which no user other than root and the caller may be able to
 * change (trusted_open()). On failure returns false, with a message that begins with the
 * path in fault.
 */
bool keepfile_read(struct keep *keep, const char *path, char fault[KEEPFILE_FAULT_SIZE]);

/* As keepfile_read(), for a trusted file that is open. Closes it. */
bool keepfile_parse(struct keep *keep, int fd, const char *path, char fault[KEEPFILE_FAULT_SIZE]);

/*
 * As keepfile_read(), for the default lists: the system's, and for ordinary users also
 * their own ($XDG_CONFIG_HOME/shmtool/keep). Either may be missing.
 */
bool keepfile_read_defaults(struct keep *keep, char fault[KEEPFILE_FAULT_SIZE]);

#endif
