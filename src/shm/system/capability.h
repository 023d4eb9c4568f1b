/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capability: the effective capabilities of this process (capabilities(7)), and its groups. */
#ifndef SHM_SYSTEM_CAPABILITY_H
#define SHM_SYSTEM_CAPABILITY_H

#include <linux/capability.h>
#include <stdbool.h>
#include <sys/types.h>

/* Whether the capability (a CAP_* number) is in the effective set. */
bool capability_in_use(int capability);

/* Adds the capability to the effective set, or removes it. Returns 0 or an errno value. */
int capability_use(int capability, bool use);

/* Whether this process is in the group. */
bool in_group(gid_t gid);

#endif
