/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signals: lets a command finish its work before a signal ends the program. Between
 * signals_begin() and signals_end(), signals that would end the program are remembered
 * instead. Once one has come, system calls that wait fail with EINTR, repeatedly. So code
 * that waits must check signals_came() after each EINTR, and need not check it before.
 */
#ifndef SHM_SYSTEM_SIGNALS_H
#define SHM_SYSTEM_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * From here on, remembers SIGINT, SIGTERM, SIGHUP, SIGQUIT and these others (a list that
 * ends with 0, or NULL). A signal that is ignored, as after nohup(1), stays ignored.
 */
void signals_begin(const int *others);

/* All other signals that end a program by default and can be handled, for signals_begin(). */
extern const int signals_others[];

/* The first signal that has come and was not taken (signals_take()), or 0. Ignores SIGCHLD. */
int signals_came(void);

/*
 * Waits until fd (-1: none) is ready for these events of poll(2). timeout is in
 * milliseconds, -1 waits forever. Returns 0 if ready, ETIMEDOUT, EINTR if a signal has
 * come, or another errno value.
 */
int signals_wait(int fd, short events, int64_t timeout);

/*
 * Takes one of the signals that have come, and forgets it. *by_kernel: the terminal sent it,
 * and so it also went to the other processes of the group. Returns false if there is none.
 */
bool signals_take(int *number, bool *by_kernel);

/* At the end of the program: if a signal has come, ends the program by it now. */
void signals_end(void);

/* Ends the program by this signal. Returns only in init of a PID namespace, which survives. */
void signal_raise(int number);

/* Blocks all signals. *mask is the previous mask, for sigprocmask(2). */
void signals_block(sigset_t *mask);

#endif
