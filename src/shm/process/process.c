/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/system/compat.h"
#include "shm/system/procfile.h"

/*
 * At most this much of a command line is read, in bytes, with the terminating zero byte. A list
 * repeats it for each segment and attachment, and in JSON a byte can become six.
 */
enum { COMMAND_LINE_SIZE = 1024 };

/* Zombies and threads count as running, too, which errs on the safe side. */
static enum liveness ask_by_kill(pid_t pid)
{
	if (kill(pid, 0) == 0 || errno == EPERM)
		return LIVENESS_RUNNING;
	return errno == ESRCH ? LIVENESS_GONE : LIVENESS_UNKNOWN;
}

/* Returns 1 if the file is readable, 0 if not, or -1. */
static int poll_now(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int ready;

	do {
		ready = poll(&pollfd, 1, 0);
	} while (ready < 0 && errno == EINTR);
	return ready;
}

static enum liveness ask(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	int ready;

	if (fd < 0) {
		switch (errno) {
		case ESRCH:
		case EINVAL: /* a thread's id, before Linux 6.15 */
		case ENOENT: /* a thread's id, since Linux 6.15 */
			return LIVENESS_GONE;
		default: /* ENOSYS before Linux 5.3; or refused by a seccomp filter; or out of memory */
			return ask_by_kill(pid);
		}
	}
	ready = poll_now(fd);
	/* rarely, that is wrong while a thread of it calls execve(2): seen with Linux 6.18 */
	if (ready > 0)
		ready = poll_now(fd);
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

struct reading {
	struct processes *processes;
	bool details; /* more than the start */
};

/* What a worker sends, cut off after the command line. */
struct answer {
	int64_t ticks; /* since boot */
	uid_t user;
	char command[COMMAND_SIZE];
	char unit[UNIT_SIZE];
	char command_line[COMMAND_LINE_SIZE];
};

/* Reads field 22 of /proc/PID/stat. */
static int read_start(int process, struct answer *answer)
{
	char text[4096];
	const char *at;
	int error = file_read_at(process, "stat", text, sizeof(text), NULL);

	if (error)
		return error;
	/* skip the command, in parentheses, which may contain spaces and parentheses itself */
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return EBADMSG;
	answer->ticks = strtoll(at + 1, NULL, 10);
	return 0;
}

static void read_unit(const struct worker *worker, int process, struct answer *answer)
{
	static char text[CGROUP_SIZE];

	/* before Linux 6.8, this waits for cgroup_mutex */
	if (scan_read_locked(worker, process, "cgroup", text, sizeof(text)) == 0)
		unit_of_cgroup(text, answer->unit);
}

/* Reads the arguments. Each ends with a zero byte, and there may be more of these at the end. */
static void read_command_line(int process, struct answer *answer)
{
	char *text = answer->command_line;
	size_t length;

	if (file_read_at(process, "cmdline", text, sizeof(answer->command_line), &length))
		length = 0;
	while (length && text[length - 1] == '\0')
		length--;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\0')
			text[i] = ' ';
	}
	text[length] = '\0';
}

/* In a worker */
static int look(const struct worker *worker, void *context, pid_t pid, int process)
{
	const struct reading *reading = context;
	struct answer answer;
	struct stat status = { 0 };
	int error;

	(void)pid;
	/* all of it is sent */
	memset(&answer, 0, offsetof(struct answer, command_line) + 1);
	process_read_command_at(process, answer.command);
	if (reading->details) {
		read_unit(worker, process, &answer);
		read_command_line(process, &answer);
	}
	if (fstat(process, &status) == 0)
		answer.user = status.st_uid;
	error = read_start(process, &answer);
	if (!error)
		worker_send(worker, &answer,
			    offsetof(struct answer, command_line) + strlen(answer.command_line) + 1,
			    -1);
	return error == EBADMSG ? ESRCH : error;
}

/* If out of memory, the texts of a process stay unknown. */
static int take(void *context, pid_t pid, const void *message, size_t size, int fd)
{
	const struct reading *reading = context;
	const struct answer *answer = message;
	const long second = sysconf(_SC_CLK_TCK);
	struct process *process = find(reading->processes, pid);
	int64_t start;

	(void)fd;
	if (size <= offsetof(struct answer, command_line) || size > sizeof(*answer) ||
	    ((const char *)message)[size - 1] || strnlen(answer->unit, UNIT_SIZE) == UNIT_SIZE ||
	    strnlen(answer->command, COMMAND_SIZE) == COMMAND_SIZE || answer->ticks < 0 ||
	    second <= 0)
		return EBADMSG;
	start = answer->ticks * 1000 / second;
	if (!process || (process->start >= 0 && process->start != start))
		return 0; /* GCOVR_EXCL_LINE: rarely: another process, with the same number */
	process->start = start;
	process->user = answer->user;
	strcpy(process->command, answer->command);
	if (!process->unit)
		process->unit = copy_of(answer->unit);
	if (!process->command_line)
		process->command_line = copy_of(answer->command_line);
	return 0;
}

void processes_read(struct processes *processes, const pid_t *pids, size_t count, bool origins)
{
	struct reading reading = { .processes = processes, .details = origins };
	struct scan scan = {
		.look = look, .take = take, .context = &reading, .losses = &processes->losses
	};
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
	/*
	 * In another namespace's /proc, this pid is another process. Errors are ignored: what
	 * could not be read stays unknown.
	 */
	if (wanted_count && proc_is_ours())
		scan_list(&scan, wanted, wanted_count);
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
