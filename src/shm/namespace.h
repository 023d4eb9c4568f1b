/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namespace: IPC namespaces other than our own. */
#ifndef SHM_NAMESPACE_H
#define SHM_NAMESPACE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * From here on, all calls are about the IPC namespace of this process, or of
 * this namespace file (/proc/PID/ns/ipc, or one that is bind-mounted). Where
 * we may not enter it as we are, the user namespace that owns it is entered
 * first (ioctl_ns(2)), as it must be for rootless containers;
 * *users_changed says that users and groups are from then on those of the
 * container. Returns 0 or an errno value; ESRCH: no such process, EINVAL: not
 * an IPC namespace.
 */
int namespace_enter_of(pid_t pid, bool *users_changed);
int namespace_enter(const char *path, bool *users_changed);

/*
 * Whether the IPC namespace that we are in belongs to our user namespace or to
 * one below it; what capabilities we have mean nothing in others.
 */
bool capabilities_count_here(void);

#endif
