/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capability: the capabilities that this process uses now (its effective set, capabilities(7)). */
#ifndef SHM_SYSTEM_CAPABILITY_H
#define SHM_SYSTEM_CAPABILITY_H

#include <linux/capability.h>
#include <stdbool.h>

bool capability_in_use(int capability);

/* Uses it from now on, or no longer. Returns 0 or an errno value. */
int capability_use(int capability, bool use);

#endif
