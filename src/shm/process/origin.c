/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/origin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/system/procfile.h"

struct reading {
	bool details;
	int (*found)(void *context, pid_t pid, const struct origin *origin);
	void *context;
};

/* What a worker sends, cut off after the command line. */
struct answer {
	int64_t ticks; /* since boot */
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

static void read_unit(int process, struct answer *answer)
{
	static char text[CGROUP_SIZE];

	if (file_read_at(process, "cgroup", text, sizeof(text), NULL) == 0)
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

/* In a worker. An open directory stays that of this process, even if its pid is reused. */
static int look(const struct worker *worker, void *context, pid_t pid)
{
	const struct reading *reading = context;
	struct answer answer;
	char path[32];
	int process;
	int error;

	/* all of it is sent */
	memset(answer.unit, 0, sizeof(answer.unit));
	answer.command_line[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d", pid);
	process = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (process < 0)
		return errno;
	if (reading->details) {
		read_unit(process, &answer);
		read_command_line(process, &answer);
	}
	error = read_start(process, &answer);
	close(process);
	if (!error)
		worker_send(worker, &answer,
			    offsetof(struct answer, command_line) + strlen(answer.command_line) + 1,
			    -1);
	return error == EBADMSG ? ESRCH : error;
}

static int take(void *context, pid_t pid, const void *message, size_t size, int fd)
{
	const struct reading *reading = context;
	const struct answer *answer = message;
	long second = sysconf(_SC_CLK_TCK);
	struct origin origin;

	(void)fd;
	if (size <= offsetof(struct answer, command_line) || size > sizeof(*answer) ||
	    ((const char *)message)[size - 1] || strnlen(answer->unit, UNIT_SIZE) == UNIT_SIZE ||
	    answer->ticks < 0 || second <= 0)
		return EBADMSG;
	origin = (struct origin){
		.start = answer->ticks * 1000 / second,
		.unit = answer->unit,
		.command_line = answer->command_line,
	};
	return reading->found(reading->context, pid, &origin);
}

void origins_read(const pid_t *pids, size_t count, bool details,
		  int (*found)(void *context, pid_t pid, const struct origin *origin),
		  void *context, struct scan_losses *losses)
{
	struct reading reading = { .details = details, .found = found, .context = context };
	struct scan scan = { .look = look, .take = take, .context = &reading, .losses = losses };

	/* errors are ignored: what could not be read stays unknown */
	scan_list(&scan, pids, count);
}
