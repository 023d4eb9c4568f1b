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
	{ "EPERM", EPERM },
	{ "ENOSYS", ENOSYS },
	{ NULL, 0 },
};

static const struct word calls[] = {
	{ "kcmp", SYS_kcmp },   { "pidfd_open", SYS_pidfd_open }, { "setns", SYS_setns },
	{ "shmat", SYS_shmat }, { "shmctl", SYS_shmctl },         { NULL, 0 },
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

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
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
