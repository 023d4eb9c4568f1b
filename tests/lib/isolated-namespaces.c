/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolated-namespaces: namespaces in which a test can say "all" and mean only what is its
 * own. Prints a process id, and lives until it is killed; then all in it is
 * killed, too. nsenter(1) goes there:
 *
 *     nsenter -t PID --user --ipc --pid --mount COMMAND
 *
 * What keeps the machine safe from a COMMAND there, whatever it does:
 *  - it is root of a user namespace only, so that the kernel lets it enter no
 *    IPC namespace but those made in that world;
 *  - /proc there shows the processes of that world only;
 *  - namespaces that are mounted in the machine are not mounted there.
 */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Unmounts all namespaces. The mount namespace is private, so the machine is not affected. */
static void unmount_namespaces(void)
{
	char line[8192];
	FILE *mounts = fopen("/proc/self/mountinfo", "re");

	if (!mounts)
		err(1, "/proc/self/mountinfo");
	while (fgets(line, sizeof(line), mounts)) {
		char point[4096];

		if (!strstr(line, " - nsfs ") || sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1)
			continue;
		if (umount2(point, MNT_DETACH) < 0)
			err(1, "cannot unmount %s", point);
	}
	fclose(mounts);
}

/* Every user and group is who he is outside. */
static void write_map(pid_t pid, const char *name)
{
	static const char all[] = "0 0 4294967295\n";
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, all, sizeof(all) - 1) < 0)
		err(1, "%s", path);
	close(fd);
}

static void wait_for_byte(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		errx(1, "the other process has ended");
}

static void be_init(int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		err(1, "cannot mount /proc");
	if (write(ready, "x", 1) != 1)
		err(1, "write");
	/* orphaned processes of this namespace are children of this process now */
	for (;;) {
		if (wait(NULL) < 0)
			pause();
	}
}

static void be_inside(int unshared, int mapped)
{
	int ready[2];
	pid_t init;

	if (unshare(CLONE_NEWUSER | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWPID) < 0)
		err(1, "unshare");
	if (write(unshared, "x", 1) != 1)
		err(1, "write");
	wait_for_byte(mapped);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pipe2(ready, O_CLOEXEC) < 0)
		err(1, "pipe");
	init = fork();
	if (init == 0)
		be_init(ready[1]);
	if (init < 0)
		err(1, "fork");
	close(ready[1]);
	wait_for_byte(ready[0]);
	printf("%d\n", init);
	fflush(stdout);
	waitpid(init, NULL, 0);
	exit(0);
}

int main(void)
{
	int unshared[2];
	int mapped[2];
	pid_t inside;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		err(1, "cannot create a private mount namespace");
	unmount_namespaces();
	if (pipe2(unshared, O_CLOEXEC) < 0 || pipe2(mapped, O_CLOEXEC) < 0)
		err(1, "pipe");
	inside = fork();
	if (inside < 0)
		err(1, "fork");
	if (inside == 0)
		be_inside(unshared[1], mapped[0]);
	close(unshared[1]);
	wait_for_byte(unshared[0]);
	write_map(inside, "uid_map");
	write_map(inside, "gid_map");
	if (write(mapped[1], "x", 1) != 1)
		err(1, "write");
	waitpid(inside, NULL, 0);
	return 0;
}
