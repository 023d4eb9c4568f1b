// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Goes into the program for `make coverage` alone: gcov writes its counts at
 * exit(3) and before exec(3), but a process may end in other ways too.
 */
#include <dlfcn.h>
#include <gcov.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* as --wrap of ld(1) names them */
_Noreturn void __real__exit(int status);
int __real_kill(pid_t pid, int number);
_Noreturn void __wrap__exit(int status);
int __wrap_kill(pid_t pid, int number);

/*
 * Runs before gcov writes, also at exit(3): makes memory available again (see
 * tests/lib/preload/memory.c), and blocks signals, since one in between would damage the
 * files, and so lose all counts in them.
 */
__attribute__((destructor)) static void prepare(void)
{
	void (*grant)(void);
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	*(void **)&grant = dlsym(RTLD_DEFAULT, "grant_memory");
	if (grant)
		grant();
}

static void dump(void)
{
	prepare();
	__gcov_dump();
}

void __wrap__exit(int status)
{
	dump();
	__real__exit(status);
}

/* Gives a child that is about to be killed, and would end by itself, the time for it. */
static void let_end(pid_t pid)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };
	siginfo_t info = { 0 };

	for (int i = 0; i < 100; i++) {
		if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid)
			return;
		nanosleep(&moment, NULL);
	}
}

int __wrap_kill(pid_t pid, int number)
{
	if (pid == getpid()) {
		sigset_t before;

		sigprocmask(SIG_SETMASK, NULL, &before);
		dump();
		__gcov_reset();
		sigprocmask(SIG_SETMASK, &before, NULL);
	} else if (number == SIGKILL) {
		let_end(pid);
	}
	return __real_kill(pid, number);
}

static void end_by(int number)
{
	sigset_t one;

	dump();
	signal(number, SIG_DFL);
	__real_kill(getpid(), number);
	sigemptyset(&one);
	sigaddset(&one, number);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
}

/* What would end the program at once. After exec(3) all is as it was. */
__attribute__((constructor)) static void catch_ends(void)
{
	static const int ends[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };

	/* end_by() needs memory, and malloc(3) sets itself up when it is first called */
	free(malloc(1));
	/* gcov prints errors: nothing is counted where a user may not write, for example */
	setenv("GCOV_ERROR_FILE", "/dev/null", 0);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct sigaction action;

		if (sigaction(ends[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL)
			signal(ends[i], end_by);
	}
}
