/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remedy: how to raise a limit of the kernel, as text for hints. */
#ifndef TEXT_REMEDY_H
#define TEXT_REMEDY_H

#include <stdint.h>

#include "text/namespace_option.h"

enum { REMEDY_SIZE = 256 + NAMESPACE_OPTION_SIZE };

/*
 * Writes to text how to set a sysctl ("kernel.shmall") to a value, and returns text: by
 * sysctl(8) if /proc/sys is writable, by the container engine if it is read-only, or by
 * root of the machine in a user namespace. in_namespace is a prefix for the command
 * ("nsenter --ipc=PATH "), or ""; REMEDY takes that of the namespace of -N.
 */
const char *remedy_text(char text[REMEDY_SIZE], const char *in_namespace, const char *name,
			uint64_t value);
#define REMEDY(name, value) remedy_text((char[REMEDY_SIZE]){ 0 }, namespace_prefix(), name, value)

/*
 * The largest value of kernel.shmmni that the kernel accepts: 32768, or 16777216 with the
 * boot option ipcmni_extend (Linux 5.1).
 */
uint64_t most_segments(void);

enum { SEGMENTS_MAX = 32768, SEGMENTS_MAX_EXTENDED = 16777216 };

#endif
