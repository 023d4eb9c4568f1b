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

/* True for zombies and thread ids too, so it errs on the safe side. */
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
		case EINVAL: /* a thread's id, as Linux before 6.15 says it */
		case ENOENT: /* the same since then */
			return LIVENESS_GONE;
		case ENOSYS: /* before Linux 5.3 */
		case EPERM:  /* a container's seccomp filter that does not know the call */
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

bool proc_is_ours(void)
{
	char name[16] = { 0 };

	return readlink("/proc/self", name, sizeof(name) - 1) > 0 &&
	       strtol(name, NULL, 10) == getpid();
}

void process_read_command(pid_t pid, char command[COMMAND_SIZE])
{
	char path[64];
	size_t length;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (file_read(path, command, COMMAND_SIZE))
		command[0] = '\0';
	/* the newline at the end is the kernel's; others may be part of the name */
	length = strlen(command);
	if (length && command[length - 1] == '\n')
		command[length - 1] = '\0';
}

const struct process *process_find(struct processes *processes, pid_t pid)
{
	struct process *process;

	if (processes->blind || pid <= 0)
		return &processes->unknown;
	process = intmap_get(&processes->map, (uint32_t)pid);
	if (process)
		return process;
	process = calloc(1, sizeof(*process));
	if (!process || intmap_add(&processes->map, (uint32_t)pid, process)) {
		free(process);
		return &processes->unknown; /* without memory: in doubt, not gone */
	}
	process->pid = pid;
	process->liveness = ask(pid);
	if (process->liveness == LIVENESS_RUNNING && proc_is_ours())
		process_read_command(pid, process->command);
	return process;
}

int64_t process_start(struct processes *processes, pid_t pid)
{
	char path[64];
	char text[4096];
	const char *at;
	long ticks = sysconf(_SC_CLK_TCK);

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	/* that of a namesake could make a living process look like a newer one */
	if (ticks <= 0 || !proc_is_ours() || !probe_returns(&processes->probe, pid) ||
	    file_read(path, text, sizeof(text)))
		return -1;
	/* the command, in parentheses, may hold blanks and parentheses itself */
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoll(at + 1, NULL, 10) * 1000 / ticks : -1;
}

void processes_free(struct processes *processes)
{
	intmap_free(&processes->map, free);
	probe_end(&processes->probe);
}
