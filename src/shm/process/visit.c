/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/process/child.h"
#include "shm/system/interrupt.h"

/* In a child: its end of the pipe. The other one is closed when nobody waits for it any more. */
static int own_end = -1;

bool visit_is_forsaken(void)
{
	/* that of no child is never ready */
	struct pollfd pollfd = { .fd = own_end };

	return poll(&pollfd, 1, 0) > 0;
}

bool visit_is_watched(void)
{
	return own_end >= 0 && !visit_is_forsaken();
}

/* The child: goes there, does its work, and ends. */
__attribute__((noreturn)) static void go(const struct errand *errand, struct visit *visit,
					 const sigset_t *signals)
{
	if (errand->ns)
		visit->error = namespace_enter_fd(errand->ns->fd, &visit->users_changed);
	else if (getppid() == 0)
		visit->error = ECHILD;
	if (!visit->error) {
		/* entering a user namespace would have cleared this */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		sigprocmask(SIG_SETMASK, signals, NULL);
		/* it may have ended before it could be asked for that */
		if (!visit_is_forsaken())
			errand->work(errand->context);
	}
	_exit(0);
}

/* Waits for the child's end, which closes the other end of the pipe; returns what killed it. */
static int wait_for(pid_t child, int end, struct interrupt *signals)
{
	int result = 0;

	/* whatever goes wrong with that, waitpid() below waits too */
	while (interrupt_wait(signals, end, POLLIN, -1) == EINTR)
		kill(child, signals->signal);
	while (waitpid(child, &result, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(result) ? WTERMSIG(result) : 0;
}

static int visit_with(const struct errand *errand, struct visit *shared, struct interrupt *signals,
		      int *killed_by)
{
	int ends[2];
	pid_t child;
	int error = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	child = fork();
	if (child == 0) {
		close(ends[0]);
		own_end = ends[1];
		go(errand, shared, &signals->before);
	}
	if (child < 0)
		error = errno;
	close(ends[1]);
	if (!error)
		*killed_by = wait_for(child, ends[0], signals);
	close(ends[0]);
	return error;
}

int namespace_visit(const struct errand *errand, struct visit *visit)
{
	struct visit *shared;
	struct interrupt signals = { .fd = -1 };
	int killed_by = 0;
	int error;

	*visit = (struct visit){ 0 };
	if (errand->ns && errand->ns->fd < 0) {
		visit->error = errand->ns->error;
		return 0;
	}
	shared = shared_memory(sizeof(*shared));
	if (!shared)
		return ENOMEM;
	/* ignored, it would take the child's end from us */
	signal(SIGCHLD, SIG_DFL);
	if (errand->signals_wait)
		error = sigprocmask(SIG_SETMASK, NULL, &signals.before) < 0 ? errno : 0;
	else
		/* whatever comes must not end us before the rest is done */
		error = interrupt_begin(&signals, interrupt_others);
	if (!error) {
		error = visit_with(errand, shared, &signals, &killed_by);
		*visit = *shared;
		visit->signal = killed_by;
		visit->interrupted = signals.signal;
		visit->signals = signals.before;
		if (!error && errand->after)
			errand->after(errand->context, visit);
		if (!errand->signals_wait)
			interrupt_end(&signals);
	}
	munmap(shared, sizeof(*shared));
	return error;
}
