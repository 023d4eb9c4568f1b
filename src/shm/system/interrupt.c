/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/system/interrupt.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, 0 };

const int interrupt_others[] = { SIGPIPE, SIGALRM,   SIGUSR1, SIGUSR2, SIGXCPU,
				 SIGXFSZ, SIGVTALRM, SIGPROF, 0 };

static bool is_ignored(int signal)
{
	struct sigaction action;

	return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void add_signals(sigset_t *set, const int *signals)
{
	for (; *signals; signals++) {
		if (!is_ignored(*signals))
			sigaddset(set, *signals);
	}
}

static void catch_signals(const int *signals, const struct sigaction *action)
{
	for (; *signals; signals++) {
		if (!is_ignored(*signals))
			sigaction(*signals, action, NULL);
	}
}

void interrupt_catch(void (*handler)(int signal))
{
	struct sigaction action = { .sa_handler = handler };

	/* one at a time */
	sigfillset(&action.sa_mask);
	catch_signals(ending, &action);
	catch_signals(interrupt_others, &action);
}

int interrupt_begin(struct interrupt *interrupt, const int *extra)
{
	sigset_t set;

	sigemptyset(&set);
	add_signals(&set, ending);
	if (extra)
		add_signals(&set, extra);
	*interrupt = (struct interrupt){ .fd = -1 };
	if (sigprocmask(SIG_BLOCK, &set, &interrupt->before) < 0)
		return errno;
	interrupt->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (interrupt->fd < 0) {
		int error = errno;

		sigprocmask(SIG_SETMASK, &interrupt->before, NULL);
		return error;
	}
	return 0;
}

bool interrupt_take(struct interrupt *interrupt, struct signalfd_siginfo *info)
{
	if (read(interrupt->fd, info, sizeof(*info)) != (ssize_t)sizeof(*info))
		return false;
	return true;
}

int interrupt_wait(struct interrupt *interrupt, int fd, short events, int64_t timeout)
{
	struct pollfd pollfds[] = {
		{ .fd = interrupt->fd, .events = POLLIN },
		{ .fd = fd, .events = events },
	};
	int64_t deadline = deadline_after(timeout);

	for (;;) {
		struct signalfd_siginfo info;
		int64_t left = deadline < 0 ? -1 : deadline - monotonic_ms();
		int ready;

		if (deadline >= 0 && left < 0)
			left = 0;
		ready = poll(pollfds, fd < 0 ? 1 : 2, left > INT_MAX ? INT_MAX : (int)left);
		if (ready < 0 && errno != EINTR)
			return errno;
		if (ready > 0 && pollfds[0].revents && interrupt_take(interrupt, &info)) {
			interrupt->signal = (int)info.ssi_signo;
			return EINTR;
		}
		if (ready > 0 && fd >= 0 && pollfds[1].revents)
			return 0;
		if (ready == 0 && left == 0)
			return ETIMEDOUT;
	}
}

int interrupt_poll(struct interrupt *interrupt, int64_t timeout)
{
	struct pollfd pollfd = { .fd = interrupt->fd, .events = POLLIN };
	int ready = poll(&pollfd, 1, timeout > INT_MAX ? INT_MAX : (int)timeout);

	if (ready < 0)
		return errno;
	return ready ? 0 : ETIMEDOUT;
}

static volatile sig_atomic_t soon;

static void raise_now(int number)
{
	(void)number;
	signal_raise(soon);
	_exit(128 + soon);
}

void interrupt_raise_soon(int number)
{
	const struct sigaction action = { .sa_handler = raise_now };
	sigset_t set;

	soon = number;
	interrupt_catch(raise_now);
	/* even if our caller ignores it */
	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&set);
	add_signals(&set, ending);
	add_signals(&set, interrupt_others);
	alarm(1);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

ssize_t interrupt_write(int fd, const void *bytes, size_t length, const sigset_t *mask)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };
	/* so little never waits once poll(2) says that there is room in a pipe */
	const size_t piece = length < PIPE_BUF ? length : PIPE_BUF;
	sigset_t blocked;
	ssize_t put;
	int error;

	/* a signal is let in only if there is no room: ppoll(2) looks for that first */
	if (ppoll(&pollfd, 1, NULL, mask) < 0)
		return -1;
	/* a terminal may wait all the same */
	if (!isatty(fd))
		return write(fd, bytes, piece);
	sigprocmask(SIG_SETMASK, mask, &blocked);
	put = write(fd, bytes, piece);
	error = errno;
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	errno = error;
	return put;
}

void interrupt_end(struct interrupt *interrupt)
{
	if (interrupt->signal)
		signal_raise(interrupt->signal);
	close(interrupt->fd);
	sigprocmask(SIG_SETMASK, &interrupt->before, NULL);
}
