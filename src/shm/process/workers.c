/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/process/child.h"
#include "shm/system/clock.h"

/* The exit statuses of a worker. With any other (from a sanitizer, say) it counts as lost. */
enum {
	ALL_DONE = 0,    /* no item is left */
	ITEM_DONE = 100, /* the next worker begins with the next item */
	ITEM_LEFT = 101, /* the next worker begins with this item */
	NOT_SENT = 102,  /* a sandbox refuses messages: the parent does the work, or this is lost */
	FAILED = 103,    /* a message could not be sent: the worker counts as lost */
};

/* Shared by the parent and its worker: the item that the worker handles. */
struct progress {
	atomic_size_t item;
};

struct run {
	const struct workers *workers;
	struct progress *progress;
	size_t first; /* the item that the next worker begins with */
	int sockets[2];
	int status;   /* /proc/PID/stat of the worker */
	bool heard;   /* the worker has sent a message */
	bool refused; /* recvmsg(2) is refused */
	pid_t stuck;  /* the worker, if it was abandoned; 0: it was not */
};

/* Space for one descriptor in a message, aligned as cmsg(3) requires. */
union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/* The header of a message. */
struct head {
	size_t item;
	ssize_t error; /* sent by worker_fail(); 0: data follow (as wide as item: no padding) */
};

/* Whether a sandbox refuses the system call. */
static bool is_refusal(int error)
{
	return error == EPERM || error == EACCES || error == ENOSYS;
}

static void send_to_parent(const struct worker *worker, const struct head *head,
			   const void *message, size_t size, int fd)
{
	struct iovec parts[] = { { (void *)head, sizeof(*head) }, { (void *)message, size } };
	struct msghdr header = { .msg_iov = parts, .msg_iovlen = 2 };
	union control control = { 0 };

	if (fd >= 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(&control.align), &fd, sizeof(fd));
	}
	while (sendmsg(worker->socket, &header, MSG_NOSIGNAL) < 0) {
		if (is_refusal(errno))
			_exit(NOT_SENT);
		/* ETOOMANYREFS: another process of the user has too many descriptors in flight */
		if (errno != EINTR)
			_exit(FAILED);
	}
}

void worker_send(const struct worker *worker, const void *message, size_t size, int fd)
{
	const struct workers *workers = worker->workers;
	struct head head = { .item = worker->item };

	if (worker->is_child)
		send_to_parent(worker, &head, message, size, fd);
	else
		workers->take(workers->context, worker->item, message, size,
			      fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

void worker_fail(const struct worker *worker, int error)
{
	const struct workers *workers = worker->workers;
	struct head head = { .item = worker->item, .error = error };

	if (worker->is_child)
		send_to_parent(worker, &head, NULL, 0, -1);
	else
		workers->failed(workers->context, worker->item, error);
}

static enum worker_result do_item(const struct run *run, struct worker *worker, size_t item)
{
	worker->item = item;
	worker->is_fresh = worker->is_child && item == run->first;
	return run->workers->work(worker, run->workers->context, item);
}

/*
 * Closes the worker's output: a reader of it waits until every process has closed it,
 * and should not have to wait for a stuck worker.
 */
static void leave_output(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* an image may lack it; nothing is read or written here */
	if (null < 0)
		null = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && null >= 0; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
}

static int be_worker(void *context)
{
	const struct run *run = context;
	struct worker worker = {
		.workers = run->workers,
		.is_child = true,
		.socket = run->sockets[1],
	};

	close(run->sockets[0]);
	leave_output();
	for (size_t item = run->first; item < run->workers->count; item++) {
		enum worker_result result;

		atomic_store(&run->progress->item, item);
		result = do_item(run, &worker, item);
		/* a fresh worker may not retry, or that would never end */
		if (result == WORKER_RETRIES && !worker.is_fresh)
			return ITEM_LEFT;
		if (result != WORKER_CONTINUES)
			return ITEM_DONE;
	}
	return ALL_DONE;
}

/* Returns the descriptor of a message; -1: it has none. */
static int descriptor_of(struct msghdr *header)
{
	const struct cmsghdr *head = CMSG_FIRSTHDR(header);
	int fd = -1;

	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

/*
 * Takes the next message, with these flags of recvmsg(2). Returns 1; 0 after the last
 * message; -1 if it cannot be received.
 */
static int take_message(struct run *run, int flags)
{
	const struct workers *workers = run->workers;
	_Alignas(max_align_t) char message[WORKER_MESSAGE_SIZE];
	struct head head;
	struct iovec parts[] = { { &head, sizeof(head) }, { message, sizeof(message) } };
	union control control = { 0 };
	struct msghdr header = {
		.msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t got = recvmsg(run->sockets[0], &header, MSG_CMSG_CLOEXEC | flags);
	int fd = got > 0 ? descriptor_of(&header) : -1;

	if (got < 0 && errno == EINTR)
		return 1;
	run->refused = got < 0 && is_refusal(errno);
	if (got <= 0)
		return (int)got;
	run->heard = true;
	if ((size_t)got >= sizeof(head) && !(header.msg_flags & MSG_TRUNC) &&
	    head.item < workers->count) {
		if (!head.error) {
			workers->take(workers->context, head.item, message,
				      (size_t)got - sizeof(head), fd);
			return 1;
		}
		workers->failed(workers->context, head.item, head.error);
	}
	if (fd >= 0)
		close(fd); /* GCOVR_EXCL_LINE: a worker sends an error without a descriptor */
	return 1;
}

/* Children that were abandoned, and may still exist. */
static pid_t abandoned[WORKERS_ABANDONED_MOST];
static size_t abandoned_count;

size_t workers_abandoned(void)
{
	size_t left = 0;

	for (size_t i = 0; i < abandoned_count; i++) {
		if (waitpid(abandoned[i], NULL, WNOHANG) == 0)
			abandoned[left++] = abandoned[i];
	}
	abandoned_count = left;
	return left;
}

bool worker_is_abandoned(pid_t child)
{
	workers_abandoned();
	for (size_t i = 0; i < abandoned_count; i++) {
		if (abandoned[i] == child)
			return true;
	}
	return false;
}

/*
 * Kills a worker that does not return. If it waits for a FUSE server that has accepted
 * a request, even SIGKILL does not end it: then it is abandoned. run_one() left room for that.
 * Returns whether it is.
 */
static bool give_up(pid_t child)
{
	kill(child, SIGKILL);
	for (int ticks = 0; ticks < 10; ticks++) {
		if (waitpid(child, NULL, WNOHANG) != 0)
			return false;
		poll(NULL, 0, WORKERS_TICK);
	}
	abandoned[abandoned_count++] = child;
	return true;
}

/*
 * Whether a worker waits, but not for a processor, which can take a second on a busy machine.
 * used: its processor time, now and when this was asked before.
 */
static bool is_blocked(const struct run *run, int64_t before, int64_t used)
{
	char text[256] = "";
	const char *end = NULL;

	if (pread(run->status, text, sizeof(text) - 1, 0) > 0)
		end = strrchr(text, ')'); /* the name may contain anything */
	/* in the /proc of another PID namespace, its parent differs */
	if (end && strlen(end) > 4 && strtol(end + 4, NULL, 10) == getpid())
		return end[2] != 'R';
	return used <= before + 1; /* it has exited, or a sandbox has no /proc/PID/stat */
}

/* The item that the worker handles. A damaged worker could have written anything there. */
static size_t current_item(const struct run *run)
{
	size_t item = atomic_load(&run->progress->item);

	return item < run->first || item >= run->workers->count ? run->first : item;
}

/* Opened at once: later, a hostile user may have locked the directory (shmtool-security(7)). */
static int open_status(pid_t child)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Takes messages until the worker exits. Returns true if it was given up. */
static bool listen_to(struct run *run, pid_t child)
{
	const struct workers *workers = run->workers;
	struct pollfd pollfd = { .fd = run->sockets[0], .events = POLLIN };
	int64_t tick = deadline_after(WORKERS_TICK);
	int64_t used = 0;

	for (;;) {
		int ready = poll(&pollfd, 1, (int)time_left(tick));
		int more = ready > 0 ? take_message(run, 0) : 1;
		int64_t before = used;
		bool blocked;

		if (more == 0)
			return false;
		if (more > 0 && time_left(tick) > 0)
			continue;
		tick = deadline_after(WORKERS_TICK);
		used = processor_ms_of(child);
		blocked = poll(&pollfd, 1, 0) == 0 && is_blocked(run, before, used);
		if (more > 0 &&
		    !workers->give_up(workers->context, current_item(run), blocked, used))
			continue;
		if (give_up(child))
			run->stuck = child;
		while (take_message(run, MSG_DONTWAIT) > 0)
			;
		return true;
	}
}

/* The item to continue with after a worker has ended. */
static size_t next_item(const struct run *run, int error, int status, bool gave_up)
{
	const struct workers *workers = run->workers;
	size_t item = current_item(run);

	if (!error && status == ALL_DONE)
		return workers->count;
	if (!error && status == ITEM_LEFT)
		return item;
	if (!error && status == ITEM_DONE)
		return item + 1;
	return workers->lost(workers->context, item, error && !gave_up ? status : 0, run->stuck)
		       ? item + 1
		       : workers->count;
}

/* Runs one worker. Returns 0, with the next item in run->first, or an errno value. */
static int run_one(struct run *run)
{
	pid_t child;
	bool gave_up = false;
	int status = 0;
	int error;

	if (workers_abandoned() == WORKERS_ABANDONED_MOST)
		return EAGAIN;
	run->heard = run->refused = false;
	run->stuck = 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, run->sockets) < 0)
		return errno;
	atomic_store(&run->progress->item, run->first);
	error = child_start(&child, be_worker, run, CHILD_DIES_TOO);
	close(run->sockets[1]);
	if (!error) {
		run->status = open_status(child);
		gave_up = listen_to(run, child);
		if (run->status >= 0)
			close(run->status);
		error = gave_up ? EOWNERDEAD : child_wait(child, CHILD_DIES_TOO, &status);
	}
	close(run->sockets[0]);
	if (error && error != EOWNERDEAD)
		return error;
	/* a sandbox may refuse sendmsg(2) or recvmsg(2): then this process does the work */
	if (!run->heard && (run->refused || (!error && status == NOT_SENT)))
		return EPIPE;
	run->first = next_item(run, error, status, gave_up);
	return 0;
}

/* Whether processes, memory or open files are short: setrlimit(2); cgroups(7), pids.max */
static bool is_shortage(int error)
{
	return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}

/* As run_one(), but waits for a moment if processes or memory are short. */
static int run_when_possible(struct run *run)
{
	int error = run_one(run);

	for (int ticks = 0; ticks < 10 && is_shortage(error); ticks++) {
		poll(NULL, 0, WORKERS_TICK);
		error = run_one(run);
	}
	return error;
}

int workers_run(const struct workers *workers)
{
	struct run run = { .workers = workers, .progress = shared_memory(sizeof(*run.progress)) };
	struct worker self = { .workers = workers, .socket = -1 };
	int error = 0;

	if (!run.progress)
		return ENOMEM;
	while (run.first < workers->count && !error)
		error = run_when_possible(&run);
	self.is_starved = is_shortage(error);
	for (; run.first < workers->count; run.first++)
		do_item(&run, &self, run.first);
	munmap(run.progress, sizeof(*run.progress));
	return 0;
}
