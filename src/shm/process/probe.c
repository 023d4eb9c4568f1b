/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/system/signals.h"

/*
 * How long it may take, in milliseconds: it takes microseconds, but of a busy
 * machine. Halved for each that did not return, down to the least.
 */
enum { PATIENCE = 1000, LEAST_PATIENCE = 50 };

/* The child: reads of each process that it is told of, and answers with a byte. */
__attribute__((noreturn)) static void sing(int socket, pid_t parent)
{
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent && read(socket, &pid, sizeof(pid)) == (ssize_t)sizeof(pid)) {
		char byte = 0;
		char path[64];
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/maps", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		/* opening waits for execve(2), reading for the lock of the memory */
		if (fd >= 0 && read(fd, &byte, 1) < 0)
			byte = 0;
		if (fd >= 0)
			close(fd);
		if (send(socket, &byte, 1, MSG_NOSIGNAL) != 1)
			break;
	}
	_exit(0);
}

static bool start(struct canary *canary)
{
	pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return false;
	canary->child = fork();
	if (canary->child == 0) {
		close(ends[0]);
		sing(ends[1], parent);
	}
	close(ends[1]);
	canary->socket = ends[0];
	if (canary->child > 0)
		return true;
	close(ends[0]);
	canary->child = 0;
	return false;
}

void canary_end(struct canary *canary)
{
	if (!canary->child)
		return;
	close(canary->socket);
	/* what it waits for in the kernel is ended by this, and by nothing else */
	kill(canary->child, SIGKILL);
	while (waitpid(canary->child, NULL, 0) < 0 && errno == EINTR)
		;
	canary->child = 0;
}

static int64_t patience(const struct canary *canary)
{
	int64_t most = canary->lost < 8 ? PATIENCE >> canary->lost : 0;

	return most > LEAST_PATIENCE ? most : LEAST_PATIENCE;
}

/* Whether an answer comes in time. */
static bool hears(const struct canary *canary)
{
	struct pollfd pollfd = { .fd = canary->socket, .events = POLLIN };
	int64_t deadline = deadline_after(patience(canary));

	for (;;) {
		int64_t left = deadline - monotonic_ms();
		int ready = poll(&pollfd, 1, left > 0 ? (int)left : 0);

		if (ready > 0 || (ready < 0 && errno != EINTR))
			return true;
		if (ready == 0)
			return false;
	}
}

/* Tells the child of those that are to come; one that there is not yet is told later. */
static bool tell(struct canary *canary)
{
	const pid_t *rest = canary->sent + canary->asked;
	size_t size = (canary->sent_count - canary->asked) * sizeof(*rest);

	canary->answered = canary->asked;
	return send(canary->socket, rest, size, MSG_NOSIGNAL) == (ssize_t)size;
}

void canary_send(struct canary *canary, const pid_t *pids, size_t count)
{
	memcpy(canary->sent, pids, count * sizeof(*pids));
	canary->sent_count = count;
	canary->asked = 0;
	canary->answered = 0;
	if (canary->child && !tell(canary))
		canary_end(canary);
}

/* Takes the answers that there are. false: somebody ended the child. */
static bool take_answers(struct canary *canary)
{
	char answers[CANARY_AHEAD];
	ssize_t got = read(canary->socket, answers, canary->sent_count - canary->answered);

	if (got > 0)
		canary->answered += (size_t)got;
	return got > 0;
}

bool canary_returns(struct canary *canary, pid_t pid)
{
	if (canary->asked == canary->sent_count)
		canary_send(canary, &pid, 1);
	if (!canary->child && (!start(canary) || !tell(canary))) {
		canary_end(canary);
		canary->asked++;
		return true;
	}
	canary->asked++;
	while (canary->answered < canary->asked) {
		if (!hears(canary)) {
			canary->lost++;
			canary_end(canary);
			return false;
		}
		/* one that somebody ended is replaced for the next */
		if (!take_answers(canary)) {
			canary_end(canary);
			return true;
		}
	}
	return true;
}
