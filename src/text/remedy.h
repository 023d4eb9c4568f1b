/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remedy: what raises a limit of the kernel, in words that fit where they are printed. */
#ifndef TEXT_REMEDY_H
#define TEXT_REMEDY_H

#include <stdint.h>

enum { REMEDY_SIZE = 256 };

/*
 * How to set a sysctl ("kernel.shmall") to a value: by sysctl(8) where
 * /proc/sys can be written, by the container engine where it cannot, by root
 * of the machine in a user namespace. in_namespace: what comes before the
 * command, "nsenter --ipc=PATH ", or "".
 */
const char *remedy_text(char text[REMEDY_SIZE], const char *in_namespace, const char *name,
			uint64_t value);
#define REMEDY(name, value) remedy_text((char[REMEDY_SIZE]){ 0 }, "", name, value)

/*
 * How many segments kernel.shmmni allows at most: 32768, or 16777216 with the
 * boot option ipcmni_extend (Linux 5.1).
 */
uint64_t most_segments(void);

enum { SEGMENTS_MAX = 32768, SEGMENTS_MAX_EXTENDED = 16777216 };

#endif
