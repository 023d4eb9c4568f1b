// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many IPC namespaces, for measuring -A, and what it takes to look into them.
 *
 *     many-namespaces make COUNT [SIZE]
 *                                   a process in a new namespace each, with a segment
 *                                   attached if SIZE is given; prints "ready", and they
 *                                   end with this process
 *     many-namespaces fill SEGMENTS so many orphans in each namespace but this one
 *     many-namespaces read          finds, enters and reads all namespaces in one
 *                                   process, and prints how many segments there are
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
	ino_t inode;
	int fd;
};

static void attach_segment(size_t size)
{
	int id = shmget(IPC_PRIVATE, size, 0600);

	if (id < 0 || shmat(id, NULL, 0) == (void *)-1)
		err(1, "cannot attach a segment");
}

static int make(long count, size_t size)
{
	for (long i = 0; i < count; i++) {
		pid_t child = fork();

		if (child < 0)
			err(1, "fork");
		if (child)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWIPC) < 0)
			err(1, "unshare");
		if (size)
			attach_segment(size);
		kill(getpid(), SIGSTOP);
		for (;;)
			pause();
	}
	for (long i = 0; i < count; i++) {
		int status;
		pid_t child = waitpid(-1, &status, WUNTRACED);

		if (child < 0 || !WIFSTOPPED(status))
			errx(1, "a process has ended");
		kill(child, SIGCONT);
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

static int compare(const void *left, const void *right)
{
	const struct place *a = left;
	const struct place *b = right;

	return (a->inode > b->inode) - (a->inode < b->inode);
}

/* One of each namespace that a process of /proc lives in, opened. */
static size_t find(struct place *places, size_t capacity)
{
	const struct dirent *entry;
	DIR *processes = opendir("/proc");
	size_t count = 0;
	size_t distinct = 0;

	if (!processes)
		err(1, "/proc");
	while ((entry = readdir(processes)) && count < capacity) {
		struct stat status;
		char path[300];

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/ipc", entry->d_name);
		places[count].fd = open(path, O_RDONLY | O_CLOEXEC);
		if (places[count].fd < 0)
			continue;
		if (fstat(places[count].fd, &status) < 0)
			err(1, "fstat");
		places[count++].inode = status.st_ino;
	}
	closedir(processes);
	qsort(places, count, sizeof(*places), compare);
	for (size_t i = 0; i < count; i++) {
		if (distinct && places[distinct - 1].inode == places[i].inode)
			close(places[i].fd);
		else
			places[distinct++] = places[i];
	}
	return distinct;
}

static long read_list(void)
{
	static char text[65536];
	int fd = open("/proc/sysvipc/shm", O_RDONLY | O_CLOEXEC);
	long lines = 0;
	ssize_t got;

	if (fd < 0)
		err(1, "/proc/sysvipc/shm");
	while ((got = read(fd, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < got; i++)
			lines += text[i] == '\n';
	}
	close(fd);
	return lines - 1;
}

/* The creator exits with the program; so each of them is soon an orphan. */
static void make_orphans(long segments)
{
	for (long i = 0; i < segments; i++) {
		if (shmget(IPC_PRIVATE, 4096, 0600) < 0)
			err(1, "shmget");
	}
}

int main(int argc, char **argv)
{
	static struct place places[65536];
	struct rlimit limit = { 65536, 65536 };
	struct stat own;
	bool fill = argc == 3 && strcmp(argv[1], "fill") == 0;
	long found = 0;
	size_t count;

	if ((argc == 3 || argc == 4) && strcmp(argv[1], "make") == 0)
		return make(strtol(argv[2], NULL, 10), argc == 4 ? strtoul(argv[3], NULL, 10) : 0);
	if (!fill && (argc != 2 || strcmp(argv[1], "read") != 0))
		errx(2, "usage: many-namespaces make COUNT [SIZE] | fill SEGMENTS | read");
	setrlimit(RLIMIT_NOFILE, &limit);
	if (stat("/proc/self/ns/ipc", &own) < 0)
		err(1, "/proc/self/ns/ipc");
	count = find(places, sizeof(places) / sizeof(places[0]));
	for (size_t i = 0; i < count; i++) {
		if (places[i].inode == own.st_ino && fill)
			continue;
		if (places[i].inode != own.st_ino && setns(places[i].fd, CLONE_NEWIPC) < 0)
			err(1, "setns");
		if (fill)
			make_orphans(strtol(argv[2], NULL, 10));
		else
			found += read_list();
	}
	if (!fill)
		printf("%ld\n", found);
	return 0;
}
