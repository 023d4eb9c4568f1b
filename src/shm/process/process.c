/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/system/compat.h"

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
	process->start = -1;
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

static char *copy_of(const char *text)
{
	return *text ? strdup(text) : NULL;
}

/* Stores the origin of a process. If out of memory, its texts stay unknown. */
static int take_origin(void *context, pid_t pid, const struct origin *origin)
{
	struct process *process = find(context, pid);

	if (!process || (process->start >= 0 && process->start != origin->start))
		return 0; /* GCOVR_EXCL_LINE: rarely: another process, with the same number */
	process->start = origin->start;
	if (!process->unit)
		process->unit = copy_of(origin->unit);
	if (!process->command_line)
		process->command_line = copy_of(origin->command_line);
	return 0;
}

void processes_read(struct processes *processes, const pid_t *pids, size_t count, bool origins)
{
	pid_t *wanted = calloc(count + 1, sizeof(*wanted));
	size_t wanted_count = 0;

	for (size_t i = 0; i < count; i++) {
		struct process *process = find(processes, pids[i]);

		if (!process || process->read >= (origins ? ORIGIN_READ : START_READ))
			continue;
		process->read = origins ? ORIGIN_READ : START_READ;
		if (wanted && process->liveness == LIVENESS_RUNNING)
			wanted[wanted_count++] = pids[i];
	}
	/* in another namespace's /proc, this pid is another process */
	if (wanted_count && proc_is_ours())
		origins_read(wanted, wanted_count, origins, take_origin, processes,
			     &processes->losses);
	free(wanted);
}

const struct process *process_start(struct processes *processes, pid_t pid)
{
	processes_read(processes, &pid, 1, false);
	return process_find(processes, pid);
}

const struct process *process_origin(struct processes *processes, pid_t pid)
{
	processes_read(processes, &pid, 1, true);
	return process_find(processes, pid);
}

static void process_free(void *value)
{
	struct process *process = value;

	free(process->unit);
	free(process->command_line);
	free(process);
}

void processes_free(struct processes *processes)
{
	intmap_free(&processes->map, process_free);
	scan_losses_free(&processes->losses);
}
