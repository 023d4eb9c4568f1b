/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * settle: waits until nattch counts all processes for which shmat(2) checked the mode before it
 * was set to 0.
 *
 * membarrier(2) waits for that. Any user can make it wait for minutes, by a system call of theirs
 * that takes long while the kernel may not switch to another task, such as semop(2) on a set with
 * thousands of operations; not even SIGKILL ends it then. So a child calls it, and this process
 * waits for the child for only so long.
 */
#ifndef SHM_SEGMENT_SETTLE_H
#define SHM_SEGMENT_SETTLE_H

#include <stdbool.h>

/*
 * Starts the child. Call it before a segment is attached: a child has attached what its parent
 * has. If there can be no child, settle() calls membarrier(2) itself. settle() or settle_cancel()
 * must follow.
 */
void settle_prepare(void);

/*
 * Returns false if this takes more than two seconds, or if the child was killed. membarrier(2)
 * does nothing on a single processor, and fails with nohz_full or under some seccomp filters. Then
 * waiting for a while must do.
 */
bool settle(void);

/* Ends the child. */
void settle_cancel(void);

#endif
