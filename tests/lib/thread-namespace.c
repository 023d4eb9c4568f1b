/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thread-namespace: a process one of whose threads has gone to an IPC namespace of its
 * own, and made a segment of 12345 bytes there. Prints the thread's id.
 */
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

static int enter(void *unused)
{
	(void)unused;
	if (unshare(CLONE_NEWIPC) < 0 || shmget(IPC_PRIVATE, 12345, 0600) < 0)
		err(1, "thread-namespace");
	printf("%ld\n", syscall(SYS_gettid));
	fflush(stdout);
	for (;;)
		pause();
}

int main(void)
{
	static char stack[64 * 1024] __attribute__((aligned(16)));
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;

	if (clone(enter, stack + sizeof(stack), flags, NULL) < 0)
		err(1, "clone");
	for (;;)
		pause();
}
