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

/* What the child found, shared; its segments go into a file, since there is no telling how many. */
struct report {
	struct listing_fault fault; /* its text is the program's own, the same in both */
	size_t count;
	int error;
	bool done;
	int file;
};

static int write_segments(int file, const struct listing *list)
{
	const char *at = (const char *)list->items;
	size_t left = list->count * sizeof(*list->items);

	while (left) {
		ssize_t put = write(file, at, left);

		if (put < 0 && errno != EINTR)
			return errno;
		if (put > 0) {
			at += put;
			left -= (size_t)put;
		}
	}
	return 0;
}

static void read_and_report(void *context)
{
	struct report *report = context;
	struct listing list = { 0 };

	report->error = listing_read(&list, &report->fault);
	if (!report->error)
		report->error = report->fault.error = write_segments(report->file, &list);
	report->count = list.count;
	report->done = true;
	listing_free(&list);
}

/* Adds what the child wrote, marked with where it is. */
static int take_segments(const struct report *report, const struct namespace *ns,
			 struct listing *list)
{
	size_t size = report->count * sizeof(struct segment);
	const struct segment *segments;
	int error = 0;

	if (!size)
		return 0;
	segments = mmap(NULL, size, PROT_READ, MAP_PRIVATE, report->file, 0);
	if (segments == MAP_FAILED)
		return errno;
	for (size_t i = 0; i < report->count && !error; i++) {
		struct segment segment = segments[i];

		segment.ns = ns;
		error = listing_add(list, &segment);
	}
	munmap((void *)segments, size);
	return error;
}

int namespace_list(struct namespace *ns, struct listing *list, struct visit *visit,
		   struct listing_fault *fault)
{
	struct report *report = shared_memory(sizeof(*report));
	const struct errand errand = { .ns = ns, .work = read_and_report, .context = report };
	int error;

	*visit = (struct visit){ 0 };
	*fault = (struct listing_fault){ .error = ENOMEM };
	if (!report)
		return ENOMEM;
	report->file = memfd_create("shmtool", MFD_CLOEXEC);
	error = report->file < 0 ? errno : 0;
	if (!error)
		error = namespace_visit(&errand, visit);
	if (!error && !visit->error) {
		*fault = report->fault;
		/* one that was killed has not reported */
		error = report->done ? report->error : EINTR;
	}
	if (!error && !visit->error)
		error = take_segments(report, ns, list);
	if (error && fault->error != EBADMSG)
		fault->error = error;
	ns->foreign = visit->users_changed;
	if (report->file >= 0)
		close(report->file);
	munmap(report, sizeof(*report));
	return error ? error : visit->error;
}
