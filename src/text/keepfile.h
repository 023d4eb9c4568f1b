/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keepfile: reads keep lists. An entry names what is to be kept: a key as in a
 * SEGMENT operand (0x1234, key:1234, ftok:PROJ:/PATH), or creator:USER. There is no
 * owner:USER, since ownership can be given away to anyone, and the creator
 * cannot. With a - in front an entry is optional: that this machine has no such
 * user or path is no fault. A list has an entry on each line; what follows a # is
 * a comment.
 */
#ifndef TEXT_KEEPFILE_H
#define TEXT_KEEPFILE_H

#include "shm/segment/keep.h"

/* Where the lists are that are read when none is named. */
#define KEEPFILE_SYSTEM "/etc/shmtool/keep"

enum { KEEPFILE_FAULT_SIZE = 512 };

/*
 * Adds one entry. Returns what is wrong with it, or NULL; *file_error is set to an
 * error of safe_open.h when only its PATH cannot be resolved.
 */
const char *keepfile_entry(struct keep *keep, const char *entry, int *file_error);

/*
 * Adds a file's lines to the list. Nobody but root and the caller may be able to
 * change it: trusted_open(). Returns false with what is wrong in fault, which
 * begins with the path.
 */
bool keepfile_read(struct keep *keep, const char *path, char fault[KEEPFILE_FAULT_SIZE]);

/* The same of a file that is open and is trusted; closes it. */
bool keepfile_parse(struct keep *keep, int fd, const char *path, char fault[KEEPFILE_FAULT_SIZE]);

/*
 * The same for the default lists: the system's, and for ordinary users also
 * their own ($XDG_CONFIG_HOME/shmtool/keep). One that is not there is empty.
 * *by_home: the one at fault is where HOME led to.
 */
bool keepfile_read_defaults(struct keep *keep, char fault[KEEPFILE_FAULT_SIZE], bool *by_home);

#endif
