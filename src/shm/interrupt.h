/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interrupt: lets a verb end in good order when SIGINT, SIGTERM, SIGHUP or
 * SIGQUIT comes: what is half done is undone first.
 */
#ifndef SHM_INTERRUPT_H
#define SHM_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/signalfd.h>

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

/* From here on all signals wait, until the mask that was is set again. */
void signals_block(sigset_t *before);

/* Milliseconds of a clock that only goes forward, for deadlines. */
int64_t monotonic_ms(void);

/* When a timeout of so many milliseconds is over; -1 (never) for a negative one. */
int64_t deadline_after(int64_t timeout);

#endif
