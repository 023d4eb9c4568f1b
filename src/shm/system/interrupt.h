/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interrupt: lets a verb end in good order when SIGINT, SIGTERM, SIGHUP or
 * SIGQUIT comes: what is half done is undone first.
 */
#ifndef SHM_SYSTEM_INTERRUPT_H
#define SHM_SYSTEM_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/types.h>

#include "shm/system/clock.h"
#include "shm/system/signals.h"

struct interrupt {
	int fd;          /* a signalfd, readable when a signal waits */
	sigset_t before; /* what was blocked before */
	int signal;      /* the signal that came, or 0 */
};

/*
 * From here on the four signals wait to be asked for; those that our caller
 * ignores (nohup) stay ignored. extra: further signals, 0-terminated, or NULL.
 * Returns 0 or an errno value.
 */
int interrupt_begin(struct interrupt *interrupt, const int *extra);

/* What else ends a program, unless it sees to that: extra for interrupt_begin(). */
extern const int interrupt_others[];

/*
 * From here on the handler is called for each of all these signals, but for those
 * that are ignored; a system call that one interrupts fails with EINTR.
 */
void interrupt_catch(void (*handler)(int signal));

/*
 * Waits until fd (or none: -1) is ready for these poll(2) events. timeout in
 * milliseconds, -1 for ever. Returns 0 when ready, ETIMEDOUT, EINTR when a
 * signal came (interrupt->signal tells which), or another errno value.
 */
int interrupt_wait(struct interrupt *interrupt, int fd, short events, int64_t timeout);

/* Waits for any of the signals, without taking it: 0, ETIMEDOUT or another errno value. */
int interrupt_poll(struct interrupt *interrupt, int64_t timeout);

/* Takes the next waiting signal with what is known of it; false: there is none. */
bool interrupt_take(struct interrupt *interrupt, struct signalfd_siginfo *info);

/*
 * The signals act again as before. If one had come, the program now ends by
 * it; otherwise this returns.
 */
void interrupt_end(struct interrupt *interrupt);

/*
 * The same in a moment: when another signal comes, or a second has gone by. Until then
 * none waits, and whatever may be done then can be done.
 */
void interrupt_raise_soon(int number);

/*
 * write(2), of PIPE_BUF at most, where signals are blocked: while that has to wait for a
 * reader, the mask is this one, so that one who does not read makes us deaf to none.
 * Fails with EINTR when a signal came.
 */
ssize_t interrupt_write(int fd, const void *bytes, size_t length, const sigset_t *mask);

#endif
