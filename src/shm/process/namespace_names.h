/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * namespace_names: what an IPC namespace is called, and whether the names of users on this
 * machine apply to it.
 */
#ifndef SHM_PROCESS_NAMESPACE_NAMES_H
#define SHM_PROCESS_NAMESPACE_NAMES_H

#include "shm/process/namespaces.h"

/*
 * Sets name and users_known of these namespaces by the process (or thread) that is known of each:
 * its host name, if that is another one than here and may be read (CAP_SYS_ADMIN), or else its unit
 * (unit.h). Of a Kubernetes pod without a host name of its own, a process other than pause is
 * looked for. The namespace that this process is in gets the host name. losses: see scan.h.
 */
void namespace_names_find(const struct namespaces *found, struct scan_losses *losses);

#endif
