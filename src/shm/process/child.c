/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/system/signals.h"

/* The exit status of a child that is in another PID namespace */
enum { ELSEWHERE = 255 };

void *shared_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* The kernel kills the process with the highest number first (proc(5)). */
static void volunteer(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* without it the kernel chooses by itself */
	if (write(fd, "1000", 4) < 0)
		errno = 0;
	close(fd);
}

int child_start(pid_t *child, int (*work)(void *context), void *context, enum child_bond bond)
{
	pid_t parent = getpid();

	/* ignored, it would take the child's exit status with it */
	signal(SIGCHLD, SIG_DFL);
	*child = fork();
	if (*child < 0)
		return errno;
	if (*child)
		return 0;
	if (getppid() == 0)
		_exit(ELSEWHERE);
	if (bond == CHILD_DIES_TOO) {
		volunteer();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* the parent may have ended before that was asked for */
		if (getppid() != parent)
			_exit(ELSEWHERE);
	}
	_exit(work(context));
}

int child_wait(pid_t child, enum child_bond bond, int *status)
{
	int result;

	while (waitpid(child, &result, 0) < 0) {
		if (errno != EINTR)
			return errno;
		if (bond == CHILD_DIES_TOO && signals_came())
			kill(child, signals_came());
	}
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
	if (!error || error == EOWNERDEAD)
		return error;
	*status = work(context);
	return 0;
}
