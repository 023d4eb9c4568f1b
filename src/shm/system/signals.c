/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/system/signals.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

#include "shm/system/clock.h"

static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, 0 };

const int signals_others[] = { SIGPIPE,   SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU,   SIGXFSZ,
			       SIGVTALRM, SIGPROF, SIGIO,   SIGPWR,  SIGSTKFLT, 0 };

/* What the handler records */
static volatile sig_atomic_t first;
static volatile sig_atomic_t came[NSIG];
static volatile sig_atomic_t sent_by_kernel[NSIG];
static volatile sig_atomic_t ticking; /* the timer runs */

static void remember(int number, siginfo_t *info, void *context);

static void handle(int number)
{
	struct sigaction action = { .sa_sigaction = remember, .sa_flags = SA_SIGINFO };

	sigfillset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

/*
 * The handler. A signal that comes just before a system call does not interrupt it. So
 * from the first signal on, a timer sends SIGALRM every 20 ms. sigaction(2) and
 * setitimer(2) are plain system calls, which a handler may call.
 */
static void remember(int number, siginfo_t *info, void *context)
{
	const struct itimerval tick = { .it_interval.tv_usec = 20000, .it_value.tv_usec = 20000 };

	(void)context;
	if (number == SIGALRM && ticking && info->si_code == SI_KERNEL)
		return; /* from the timer */
	sent_by_kernel[number] = info->si_code == SI_KERNEL;
	came[number] = 1;
	if (!first && number != SIGCHLD)
		first = number;
	ticking = 1;
	handle(SIGALRM);
	setitimer(ITIMER_REAL, &tick, NULL);
}

void signals_begin(const int *others)
{
	const int *const lists[] = { ending, others };

	for (int i = 0; i < 2; i++) {
		for (const int *number = lists[i]; number && *number; number++) {
			struct sigaction action;

			if (sigaction(*number, NULL, &action) < 0 || action.sa_handler != SIG_IGN)
				handle(*number);
		}
	}
}

int signals_came(void)
{
	return first;
}

static bool any_came(void)
{
	for (int i = 1; i < NSIG; i++) {
		if (came[i])
			return true;
	}
	return false;
}

/* Waits with ppoll(2), which unblocks signals and waits atomically, so that none is missed. */
static int wait_once(struct pollfd *pollfd, const struct timespec *timeout)
{
	sigset_t mask;
	int ready = -1;
	int error = EINTR;

	signals_block(&mask);
	if (!any_came()) {
		ready = ppoll(pollfd, pollfd->fd < 0 ? 0 : 1, timeout, &mask);
		error = errno;
	}
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (ready < 0)
		return error;
	return ready ? 0 : ETIMEDOUT;
}

int signals_wait(int fd, short events, int64_t timeout)
{
	struct pollfd pollfd = { .fd = fd, .events = events };
	int64_t deadline = deadline_after(timeout);
	int error;

	do {
		int64_t left = time_left(deadline);
		const struct timespec time = { .tv_sec = left / 1000,
					       .tv_nsec = left % 1000 * 1000000 };

		error = wait_once(&pollfd, left < 0 ? NULL : &time);
		/* interrupted by a signal that is not remembered, such as SIGCONT: wait again */
	} while (error == EINTR && !any_came());
	return error;
}

bool signals_take(int *number, bool *by_kernel)
{
	const struct itimerval never = { 0 };

	for (int i = 1; i < NSIG; i++) {
		if (!came[i])
			continue;
		*number = i;
		*by_kernel = sent_by_kernel[i];
		came[i] = 0;
		if (first == i)
			first = 0;
		return true;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	ticking = 0;
	return false;
}

void signal_raise(int number)
{
	sigset_t one;

	signal(number, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, number);
	kill(getpid(), number);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
}

void signals_end(void)
{
	if (!first)
		return;
	signal_raise(first);
	/* still here: init of a PID namespace survives the signal */
	_exit(128 + first);
}

void signals_block(sigset_t *mask)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, mask);
}
