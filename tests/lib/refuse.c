// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * refuse ERROR CALL[,CALL...] COMMAND...
 *
 * Runs COMMAND under a seccomp filter, as a container has it: these system
 * calls fail with ERROR (EPERM, ENOSYS), all others are as ever. Rights stay
 * as they are.
 */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "shm/system/compat.h"

struct word {
	const char *name;
	unsigned int number;
};

static const struct word errors[] = {
	{ "EACCES", EACCES },
	{ "ENOSYS", ENOSYS },
	{ "EPERM", EPERM },
	{ NULL, 0 },
};

#define CALL(name)                \
	{                         \
#name, SYS_##name \
	}

static const struct word calls[] = {
	CALL(capget),
	CALL(capset),
	CALL(chroot),
	CALL(clock_getres),
	CALL(clone),
	CALL(fallocate),
	CALL(fchmod),
	CALL(fcntl),
	CALL(flock),
	CALL(fstatfs),
	CALL(fsync),
	CALL(getrandom),
	CALL(inotify_add_watch),
	CALL(inotify_init1),
	CALL(ioctl),
	CALL(kcmp),
	CALL(kill),
	CALL(lseek),
	CALL(madvise),
	CALL(membarrier),
	CALL(memfd_create),
	CALL(mincore),
	CALL(openat2),
	CALL(pipe2),
	CALL(ppoll),
	CALL(prctl),
	CALL(prlimit64),
	CALL(pwrite64),
	CALL(readlinkat),
	CALL(recvmsg),
	CALL(renameat),
	CALL(sched_getaffinity),
	CALL(sched_getattr),
	CALL(sendfile),
	CALL(sendmsg),
	CALL(setitimer),
	CALL(setns),
	CALL(setpgid),
	CALL(setresuid),
	CALL(shmat),
	CALL(shmctl),
	CALL(shmdt),
	CALL(shmget),
	CALL(socketpair),
	CALL(splice),
	CALL(sysinfo),
	CALL(unlinkat),
	CALL(vmsplice),
	CALL(wait4),
	/* functions of newer C libraries, which tests/suites/oldest-headers.h forbids by name */
	{ "close_range", SYS_close_range },
	{ "getdents64", SYS_getdents64 },
	{ "pidfd_open", SYS_pidfd_open },
#ifdef SYS_clone3 /* Linux 5.3 */
	CALL(clone3),
#endif
#ifdef SYS_fork
	CALL(fork),
#endif
	{ NULL, 0 },
};

static unsigned int find(const struct word *words, const char *name)
{
	for (; words->name; words++) {
		if (strcmp(words->name, name) == 0)
			return words->number;
	}
	errx(127, "refuse: %s is not known here", name);
}

/* One more refused call on top of those that are refused already. */
static void refuse(unsigned int call, unsigned int error)
{
	/* which machine's calls these are does not matter: COMMAND is not hostile */
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof(program) / sizeof(program[0]), program };

	/* not by prctl(2), which may be refused already */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0)
		err(127, "refuse: seccomp");
}

int main(int argc, char **argv)
{
	unsigned int error;

	if (argc < 4)
		errx(127, "usage: refuse ERROR CALL[,CALL...] COMMAND...");
	error = find(errors, argv[1]);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err(127, "refuse: no_new_privs");
	for (char *name = strtok(argv[2], ","); name; name = strtok(NULL, ","))
		refuse(find(calls, name), error);
	execvp(argv[3], argv + 3);
	err(127, "refuse: %s", argv[3]);
}
