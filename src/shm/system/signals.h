/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signals: lets a verb finish what it has begun before a signal ends the
 * program. Between signals_begin() and signals_end() the signals that would end
 * it are only remembered. System calls that wait fail with EINTR then, again
 * and again until the program ends: so whoever waits needs to ask
 * signals_came() after each EINTR, and nothing else.
 */
#ifndef SHM_SYSTEM_SIGNALS_H
#define SHM_SYSTEM_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * From here on SIGINT, SIGTERM, SIGHUP and SIGQUIT are remembered, and these
 * others (a list that ends with 0, or NULL). A signal that is ignored (nohup)
 * stays ignored.
 */
void signals_begin(const int *others);

/* The other signals that end a program which does nothing about them. */
extern const int signals_others[];

/* The first signal that was not yet taken, or 0. SIGCHLD does not count. */
int signals_came(void);

/*
 * Waits until fd (-1: none) is ready for these poll(2) events. timeout is in
 * milliseconds, -1 waits for ever. Returns 0 when ready, ETIMEDOUT, EINTR when
 * a signal has come, or another errno value.
 */
int signals_wait(int fd, short events, int64_t timeout);

/*
 * Takes one of the signals that have come, which is then forgotten. by_kernel:
 * the terminal sent it, so other processes of its group have it, too. Returns
 * false when there is none.
 */
bool signals_take(int *number, bool *by_kernel);

/* For the end of the program: if a signal has come, it ends the program now. */
void signals_end(void);

/* Ends the program by this signal. Only init of a PID namespace survives that. */
void signal_raise(int number);

/* Blocks all signals, until sigprocmask(2) sets this mask again, which was the one before. */
void signals_block(sigset_t *mask);

#endif
