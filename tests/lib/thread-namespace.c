/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thread-namespace: a process one of whose threads has gone to an IPC namespace of its
 * own, and made a segment of 12345 bytes there, with the key KEY if given. Prints the thread's id.
 */
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

static int enter(void *key)
{
	if (unshare(CLONE_NEWIPC) < 0 || shmget(*(key_t *)key, 12345, IPC_CREAT | 0600) < 0)
		err(1, "thread-namespace");
	printf("%ld\n", syscall(SYS_gettid));
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	static key_t key = IPC_PRIVATE;
	static char stack[64 * 1024] __attribute__((aligned(16)));
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;

	if (argc > 1)
		key = (key_t)strtoul(argv[1], NULL, 10);
	if (clone(enter, stack + sizeof(stack), flags, &key) < 0)
		err(1, "clone");
	for (;;)
		pause();
}
