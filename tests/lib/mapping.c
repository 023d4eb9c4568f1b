// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs $SHMTOOL_PROGRAM in its place, without the capabilities that give it a
 * segment as a file: it has only the mapping then, as for an ordinary user, and
 * all other permissions of the user who runs it.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef CAP_CHECKPOINT_RESTORE
#define CAP_CHECKPOINT_RESTORE 40 /* Linux 5.9 */
#endif

int main(int argc, char **argv)
{
	static const int capabilities[] = { CAP_SYS_ADMIN, CAP_CHECKPOINT_RESTORE };
	char *program = getenv("SHMTOOL_PROGRAM");
	const char *name = strrchr(argv[0], '/');

	if (argc < 1 || !program) {
		fputs("mapping: SHMTOOL_PROGRAM is not set\n", stderr);
		return 127;
	}
	/* EPERM: an ordinary user has none; EINVAL: the kernel does not know it */
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
		if (prctl(PR_CAPBSET_DROP, capabilities[i]) < 0 && errno != EPERM &&
		    errno != EINVAL) {
			perror("mapping: prctl");
			return 127;
		}
	}
	/* called by a verb's own name (shmread), it hands that on */
	if (strncmp(name ? name + 1 : argv[0], "shm", 3) != 0)
		argv[0] = program;
	execv(program, argv);
	perror("mapping: exec");
	return 127;
}
