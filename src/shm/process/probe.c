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

#include "shm/system/clock.h"

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

static bool start(struct probe *probe)
{
	pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return false;
	probe->child = fork();
	if (probe->child == 0) {
		close(ends[0]);
		sing(ends[1], parent);
	}
	close(ends[1]);
	probe->socket = ends[0];
	if (probe->child > 0)
		return true;
	close(ends[0]);
	probe->child = 0;
	return false;
}

void probe_end(struct probe *probe)
{
	if (!probe->child)
		return;
	close(probe->socket);
	/* what it waits for in the kernel is ended by this, and by nothing else */
	kill(probe->child, SIGKILL);
	while (waitpid(probe->child, NULL, 0) < 0 && errno == EINTR)
		;
	probe->child = 0;
}

static int64_t patience(const struct probe *probe)
{
	int64_t most = probe->lost < 8 ? PATIENCE >> probe->lost : 0;

	return most > LEAST_PATIENCE ? most : LEAST_PATIENCE;
}

/* Whether an answer comes in time. */
static bool hears(const struct probe *probe)
{
	struct pollfd pollfd = { .fd = probe->socket, .events = POLLIN };
	int64_t deadline = deadline_after(patience(probe));

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
static bool tell(struct probe *probe)
{
	const pid_t *rest = probe->sent + probe->asked;
	size_t size = (probe->sent_count - probe->asked) * sizeof(*rest);

	probe->answered = probe->asked;
	return send(probe->socket, rest, size, MSG_NOSIGNAL) == (ssize_t)size;
}

void probe_start(struct probe *probe, const pid_t *pids, size_t count)
{
	memcpy(probe->sent, pids, count * sizeof(*pids));
	probe->sent_count = count;
	probe->asked = 0;
	probe->answered = 0;
	if (probe->child && !tell(probe))
		probe_end(probe);
}

/* Takes the answers that there are. false: somebody ended the child. */
static bool take_answers(struct probe *probe)
{
	char answers[PROBE_AHEAD];
	ssize_t got = read(probe->socket, answers, probe->sent_count - probe->answered);

	if (got > 0)
		probe->answered += (size_t)got;
	return got > 0;
}

bool probe_returns(struct probe *probe, pid_t pid)
{
	if (probe->asked == probe->sent_count)
		probe_start(probe, &pid, 1);
	if (!probe->child && (!start(probe) || !tell(probe))) {
		probe_end(probe);
		probe->asked++;
		return true;
	}
	probe->asked++;
	while (probe->answered < probe->asked) {
		if (!hears(probe)) {
			probe->lost++;
			probe_end(probe);
			return false;
		}
		/* one that somebody ended is replaced for the next */
		if (!take_answers(probe)) {
			probe_end(probe);
			return true;
		}
	}
	return true;
}
