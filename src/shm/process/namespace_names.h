/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * namespace_names: finds names for IPC namespaces, and whether the names of users on this
 * machine apply to them.
 */
#ifndef SHM_PROCESS_NAMESPACE_NAMES_H
#define SHM_PROCESS_NAMESPACE_NAMES_H

#include "shm/process/namespaces.h"

/*
 * Sets name and users_known of these namespaces, from the known process (or thread) of each. The
 * name is its host name, if that differs from the host name here and can be read (which requires
 * CAP_SYS_ADMIN), or else its unit (unit.h). For a Kubernetes pod without its own host name, a
 * process other than pause is used. The namespace of this process is named by the host name.
 * losses: see scan.h.
 */
void namespace_names_find(const struct namespaces *found, struct scan_losses *losses);

#endif
