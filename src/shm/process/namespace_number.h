/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namespace_number: opens an IPC namespace by its number. */
#ifndef SHM_PROCESS_NAMESPACE_NUMBER_H
#define SHM_PROCESS_NAMESPACE_NUMBER_H

#include "shm/process/namespace.h"

/*
 * Opens the namespace with this inode, and sets its other members as
 * namespaces_find() does. Returns 0 or an errno value; ENXIO: not found; EAGAIN: not found,
 * but processes were lost (scan.h) that may be in it.
 */
int namespace_open_number(ino_t inode, struct namespace *ns);

#endif
