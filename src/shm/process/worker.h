/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker: work that takes so much memory that the kernel may kill whoever does
 * it. It is done in a child, so that somebody is left to tell and to clean up.
 */
#ifndef SHM_PROCESS_WORKER_H
#define SHM_PROCESS_WORKER_H

#include "shm/system/signals.h"

/*
 * Has a child call work(context), which returns an exit status, and waits for
 * it; *status is that. Signals that come meanwhile (signals->signal) are
 * passed on to the child, whose signals see them, too. The child is what
 * the kernel kills first when memory runs out, and is killed when we are.
 * Returns 0, EOWNERDEAD when a signal ended the child (*status is which), or
 * another errno value when there is no child: nothing was done then.
 */
int worker_run(int (*work)(void *context), void *context, struct signals *signals, int *status);

#endif
