/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signals: lets a verb end in good order when SIGINT, SIGTERM, SIGHUP or
 * SIGQUIT comes: what is half done is undone first.
 */
#ifndef SHM_SYSTEM_SIGNALS_H
#define SHM_SYSTEM_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/types.h>

struct signals {
	int fd;          /* a signalfd, readable when a signal waits */
	sigset_t before; /* what was blocked before */
	int signal;      /* the signal that came, or 0 */
};

/*
 * From here on the four signals wait to be asked for; those that our caller
 * ignores (nohup) stay ignored. extra: further signals, 0-terminated, or NULL.
 * Returns 0 or an errno value.
 */
int signals_begin(struct signals *signals, const int *extra);

/* What else ends a program, unless it sees to that: extra for signals_begin(). */
extern const int signals_others[];

/*
 * From here on the handler is called for each of all these signals, but for those
 * that are ignored; a system call that one interrupts fails with EINTR.
 */
void signals_catch(void (*handler)(int signal));

/*
 * Waits until fd (or none: -1) is ready for these poll(2) events. timeout in
 * milliseconds, -1 for ever. Returns 0 when ready, ETIMEDOUT, EINTR when a
 * signal came (signals->signal tells which), or another errno value.
 */
int signals_wait(struct signals *signals, int fd, short events, int64_t timeout);

/* Waits for any of the signals, without taking it: 0, ETIMEDOUT or another errno value. */
int signals_poll(struct signals *signals, int64_t timeout);

/* Takes the next waiting signal with what is known of it; false: there is none. */
bool signals_take(struct signals *signals, struct signalfd_siginfo *info);

/*
 * The signals act again as before. If one had come, the program now ends by
 * it; otherwise this returns.
 */
void signals_end(struct signals *signals);

/* Ends us by this signal, as it would have ended us. Init of a PID namespace survives that. */
void signal_raise(int number);

/*
 * The same in a moment: when another signal comes, or a second has gone by. Until then
 * none waits, and whatever may be done then can be done.
 */
void signal_raise_soon(int number);

/*
 * write(2), of PIPE_BUF at most, where signals are blocked: while that has to wait for a
 * reader, the mask is this one, so that one who does not read makes us deaf to none.
 * Fails with EINTR when a signal came.
 */
ssize_t signals_write(int fd, const void *bytes, size_t length, const sigset_t *mask);

/* From here on all signals wait, until the mask that was is set again. */
void signals_block(sigset_t *before);

/* Milliseconds of a clock that only goes forward, for deadlines. */
int64_t monotonic_ms(void);

/* When a timeout of so many milliseconds is over; -1 (never) for a negative one. */
int64_t deadline_after(int64_t timeout);

#endif
