/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/process/procfs.h"
#include "shm/system/clock.h"
#include "shm/system/compat.h"
#include "shm/system/signals.h"

/* The exit status of a child in another PID namespace. */
enum { ELSEWHERE = 255 };

/* How often another process may stop a child that is to finish its work. Then it is killed. */
enum { STOPS_MOST = 100 };

/*
 * A child that is to finish its work is given up if it is blocked, or if a user keeps it from
 * running: if it used less than RUNS of processor time for PATIENCE, or if it and its predecessors
 * waited for ALL_PATIENCE, and used less than a tenth of that. A child that ends within a MOMENT
 * is not counted. This process looks each TICK; if it comes later, since the machine is busy or
 * was suspended, at most TICK_MOST is counted. All in milliseconds.
 */
enum {
	TICK = 10,
	TICK_MOST = 5000,
	PATIENCE = 10000,
	ALL_PATIENCE = 30000,
	RUNS = 20,
	MOMENT = 500,
};

static int compare_fds(const void *a, const void *b)
{
	const int *first = a;
	const int *second = b;

	return *first < *second ? -1 : *first > *second;
}

static void close_files(int first, int last)
{
	const struct dirent *entry;
	DIR *files;

	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return;
	/* Linux before 5.9 has no close_range */
	files = opendir("/proc/self/fd");
	while (files && (entry = readdir(files))) {
		int fd = *entry->d_name == '.' ? -1 : (int)strtol(entry->d_name, NULL, 10);

		if (fd >= first && fd <= last && fd != dirfd(files))
			close(fd);
	}
	if (files)
		closedir(files);
}

void child_keep_files(int *fds, size_t count)
{
	int first = 0;

	qsort(fds, count, sizeof(*fds), compare_fds);
	for (size_t i = 0; i < count; i++) {
		if (fds[i] < first)
			continue; /* -1, or a duplicate */
		close_files(first, fds[i] - 1);
		first = fds[i] + 1;
	}
	close_files(first, INT_MAX);
}

void *shared_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/*
 * If memory runs out, the kernel kills the process with the highest oom_score_adj (proc(5)), and
 * its parent can report that. A failure does not matter: then the kernel chooses.
 */
static void be_killed_first(void)
{
	int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	dprintf(file, "1000");
	if (file >= 0)
		close(file);
}

int child_start(pid_t *child, int (*work)(void *context), void *context, enum child_bond bond)
{
	pid_t parent = getpid();

	/* if it were ignored, the child's exit status would be lost */
	signal(SIGCHLD, SIG_DFL);
	*child = fork();
	if (*child < 0)
		return errno;
	if (*child)
		return 0;
	if (getppid() == 0)
		_exit(ELSEWHERE);
	if (bond != CHILD_DIES_TOO)
		setpgid(0, 0); /* a signal to the process group of its parent must not end it */
	if (bond == CHILD_DIES_TOO) {
		be_killed_first();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* the parent may have exited before prctl(2) */
		if (getppid() != parent)
			_exit(ELSEWHERE); /* GCOVR_EXCL_LINE: rarely: the parent exits now */
	}
	_exit(work(context));
}

/* How long a child was waited for, and the processor time that it used, in milliseconds. */
struct effort {
	int64_t waited;
	int64_t used;
};

static bool hardly_runs(const struct effort *before, const struct effort *now)
{
	const int64_t waited = before->waited + (now->waited > MOMENT ? now->waited : 0);
	const int64_t used = before->used + now->used;

	return waited - used >= ALL_PATIENCE && used < waited / 10;
}

/*
 * Whether the exit of this process may end its child: when the first process of a container exits,
 * the kernel kills all others there, and an init such as tini exits with the process that it runs.
 */
static bool ends_a_container(void)
{
	return getpid() == 1 || (getppid() == 1 && !proc_is_complete());
}

/* The milliseconds since *before, which it sets, or at most TICK_MOST. */
static int64_t tick(int64_t *before)
{
	const int64_t now = monotonic_ms();
	const int64_t passed = now - *before;

	*before = now;
	return passed < TICK_MOST ? passed : TICK_MOST;
}

/*
 * Waits until a child exits, and continues it if another process stops it. Returns 0 if it hardly
 * runs, or as waitpid(2).
 */
static pid_t wait_while_it_runs(pid_t child, enum child_bond bond, int *result)
{
	static struct effort before;
	struct effort now = { 0 };
	struct effort ran = { 0 }; /* when it had run for a while */
	struct pollfd exit = { .fd = (int)syscall(SYS_pidfd_open, child, 0), .events = POLLIN };
	int64_t looked = monotonic_ms();
	int stops = 0;
	int signal = 0;
	pid_t got;

	while ((got = waitpid(child, result, WUNTRACED | WNOHANG)) == 0 ||
	       (got > 0 && WIFSTOPPED(*result))) {
		if (got)
			kill(child, ++stops < STOPS_MOST ? SIGCONT : SIGKILL);
		if (!signal && signals_came())
			kill(child, signal = signals_came());
		if ((now.waited - ran.waited >= PATIENCE || hardly_runs(&before, &now)) &&
		    !ends_a_container()) {
			/* it may remember that (signals.h), and begin nothing more */
			kill(child, SIGTERM);
			got = 0;
			break;
		}
		/* without pidfd_open(2), it only waits */
		if (poll(&exit, 1, TICK) > 0)
			continue;
		now.used = processor_ms_of(child);
		now.waited += tick(&looked);
		if (bond != CHILD_IS_QUICK && (now.used < 0 || now.used - ran.used >= RUNS))
			ran = now;
	}
	if (now.waited > MOMENT) {
		before.waited += now.waited;
		before.used += now.used;
	}
	if (exit.fd >= 0)
		close(exit.fd);
	return got;
}

/* Waits until a child exits, and passes signals on to it. */
static pid_t wait_with_signals(pid_t child, int *result)
{
	pid_t got;

	while ((got = waitpid(child, result, 0)) < 0 && errno == EINTR) {
		if (signals_came())
			kill(child, signals_came());
	}
	return got;
}

int child_wait(pid_t child, enum child_bond bond, int *status)
{
	int result;
	pid_t got = bond == CHILD_DIES_TOO ? wait_with_signals(child, &result)
					   : wait_while_it_runs(child, bond, &result);

	/* waitpid(2) fails only if a sandbox refuses it: then the child goes on, or dies too */
	if (got <= 0)
		return got && bond == CHILD_DIES_TOO ? errno : ETIMEDOUT;
	*status = WIFSIGNALED(result) ? WTERMSIG(result) : WEXITSTATUS(result);
	if (WIFSIGNALED(result))
		return EOWNERDEAD;
	return *status == ELSEWHERE ? ECHILD : 0;
}

int child_run(int (*work)(void *context), void *context, enum child_bond bond, int *status)
{
	pid_t child;
	int error = child_start(&child, work, context, bond);

	if (!error)
		error = child_wait(child, bond, status);
	if (!error || error == EOWNERDEAD || error == ETIMEDOUT)
		return error;
	*status = work(context);
	return 0;
}
