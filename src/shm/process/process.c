/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/system/compat.h"
#include "shm/system/procfile.h"

/* Zombies and threads count as running, too, which errs on the safe side. */
static enum liveness ask_by_kill(pid_t pid)
{
	if (kill(pid, 0) == 0 || errno == EPERM)
		return LIVENESS_RUNNING;
	return errno == ESRCH ? LIVENESS_GONE : LIVENESS_UNKNOWN;
}

static enum liveness ask(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int ready;

	if (fd < 0) {
		switch (errno) {
		case ESRCH:
		case EINVAL: /* a thread's id, before Linux 6.15 */
		case ENOENT: /* a thread's id, since Linux 6.15 */
			return LIVENESS_GONE;
		case ENOSYS: /* before Linux 5.3 */
		case EPERM:  /* refused by a container's seccomp filter */
			return ask_by_kill(pid);
		default:
			return LIVENESS_UNKNOWN;
		}
	}
	do {
		ready = poll(&pollfd, 1, 0);
	} while (ready < 0 && errno == EINTR);
	close(fd);
	if (ready < 0)
		return LIVENESS_UNKNOWN;
	return ready ? LIVENESS_GONE : LIVENESS_RUNNING; /* readable: it is a zombie */
}

/* Returns NULL if nothing can be known of the process. */
static struct process *find(struct processes *processes, pid_t pid)
{
	struct process *process;

	if (processes->blind || pid <= 0)
		return NULL;
	process = intmap_get(&processes->map, (uint32_t)pid);
	if (process)
		return process;
	process = calloc(1, sizeof(*process));
	if (!process || intmap_add(&processes->map, (uint32_t)pid, process)) {
		free(process);
		return NULL;
	}
	process->pid = pid;
	process->liveness = ask(pid);
	if (process->liveness == LIVENESS_RUNNING && proc_is_ours())
		process_read_command(pid, process->command);
	return process;
}

const struct process *process_find(struct processes *processes, pid_t pid)
{
	const struct process *process = find(processes, pid);

	/* if out of memory, it counts as unknown, not as exited */
	return process ? process : &processes->unknown;
}

/* In a worker: sends the start of a process, in clock ticks since boot. */
static int read_start(const struct worker *worker, void *context, pid_t pid)
{
	char path[64];
	char text[4096];
	const char *at;
	int64_t ticks;
	int error;

	(void)context;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	error = file_read(path, text, sizeof(text));
	if (error)
		return error;
	/* skip the command, in parentheses, which may contain spaces and parentheses itself */
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return EBADMSG;
	ticks = strtoll(at + 1, NULL, 10);
	worker_send(worker, &ticks, sizeof(ticks), -1);
	return 0;
}

static int take_start(void *context, pid_t pid, const void *message, size_t size, int fd)
{
	int64_t *ticks = context;

	(void)pid;
	(void)fd;
	if (size != sizeof(*ticks))
		return EBADMSG;
	memcpy(ticks, message, size);
	return 0;
}

static int64_t ask_start(struct processes *processes, pid_t pid)
{
	long second = sysconf(_SC_CLK_TCK);
	int64_t ticks = -1;
	struct scan scan = {
		.look = read_start,
		.take = take_start,
		.context = &ticks,
		.losses = &processes->losses,
	};

	/* in another namespace's /proc, this pid is another process with another start */
	if (second <= 0 || !proc_is_ours() || scan_one(&scan, pid) || ticks < 0)
		return -1;
	return ticks * 1000 / second;
}

int64_t process_start(struct processes *processes, pid_t pid)
{
	struct process *process = find(processes, pid);

	if (!process)
		return -1;
	if (!process->start_asked)
		process->start = ask_start(processes, pid);
	process->start_asked = true;
	return process->start;
}

void processes_free(struct processes *processes)
{
	intmap_free(&processes->map, free);
	scan_losses_free(&processes->losses);
}
