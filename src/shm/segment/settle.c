/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/settle.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long to wait for the child, in milliseconds. */
enum { PATIENCE = 2000 };

/* The child, or 0, and a socket: a byte lets it begin, and the other end closes at its exit. */
static pid_t child;
static int to_child;
static bool one_processor; /* the machine has only one */

static long wait_for_attachments(void)
{
	return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

void settle_prepare(void)
{
	int sockets[2];
	char begin;

	one_processor = sysconf(_SC_NPROCESSORS_ONLN) < 2; /* this opens a file */
	child = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		return;
	child = fork();
	if (child == 0) {
		close(sockets[0]);
		_exit(read(sockets[1], &begin, 1) == 1 && wait_for_attachments() == 0 ? 0 : 1);
	}
	close(sockets[1]);
	to_child = sockets[0];
	if (child > 0)
		return;
	close(to_child);
	child = 0;
}

/* Ends the child, unless it has begun to wait. Returns its status, as waitpid(2). */
static int end_child(void)
{
	int status = SIGKILL; /* as if it was killed */

	close(to_child);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	child = 0;
	return status;
}

bool settle(void)
{
	struct timespec moment = { .tv_nsec = 20000000 };
	struct pollfd pollfd = { .fd = to_child, .events = POLLIN };
	bool done;

	if (child) {
		int status;

		/* if it was killed, neither this nor poll(2) waits */
		if (write(to_child, "", 1) == 1 && poll(&pollfd, 1, PATIENCE) == 0) {
			close(to_child);
			child = 0;
			return false;
		}
		status = end_child();
		if (!WIFEXITED(status))
			return false;
		done = WEXITSTATUS(status) == 0;
	} else {
		done = wait_for_attachments() == 0;
	}
	/* in any case: some C libraries count only processors that this process may use */
	if (!done || one_processor)
		while (nanosleep(&moment, &moment) < 0 && errno == EINTR)
			;
	return true;
}

void settle_cancel(void)
{
	if (child)
		end_child();
}
