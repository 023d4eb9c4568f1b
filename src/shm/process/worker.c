/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The kernel takes the process with the highest number first (proc(5)). */
static void volunteer(void)
{
	static const char highest[] = "1000";
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* without it the kernel chooses by itself */
	if (write(fd, highest, sizeof(highest) - 1) < 0)
		errno = 0;
	close(fd);
}

static int wait_for(pid_t child, int closes_with_it, struct signals *signals, int *status)
{
	int result;

	/* nothing is ever written: the end of the pipe is the end of the child */
	while (signals_wait(signals, closes_with_it, POLLIN, -1) == EINTR)
		kill(child, signals->signal);
	while (waitpid(child, &result, 0) < 0) {
		if (errno != EINTR)
			return errno;
	}
	*status = WIFSIGNALED(result) ? WTERMSIG(result) : WEXITSTATUS(result);
	return WIFSIGNALED(result) ? EOWNERDEAD : 0;
}

int worker_run(int (*work)(void *context), void *context, struct signals *signals, int *status)
{
	pid_t parent = getpid();
	int ends[2];
	pid_t child;
	int error;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	/* ignored, it would take the child's status with it */
	signal(SIGCHLD, SIG_DFL);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		volunteer();
		/* the parent may have ended before it could be asked for that */
		_exit(getppid() == parent ? work(context) : 1);
	}
	error = child < 0 ? errno : 0;
	close(ends[1]);
	if (!error)
		error = wait_for(child, ends[0], signals, status);
	close(ends[0]);
	return error;
}
