/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * workers: handles many items one after the other, in a child process that is replaced
 * if it is killed or does not return from an item.
 *
 * Reading /proc/PID/ns, maps, stat or fd can block: while that process is inside
 * execve(2), or holds a lock of its memory. Any user can make a process stay there
 * forever, by a FUSE file system that does not answer. Only SIGKILL can end such a
 * wait, if anything can. So shmtool reads these files only in a child process.
 */
#ifndef SHM_PROCESS_WORKERS_H
#define SHM_PROCESS_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The largest message that a worker can send, in bytes. */
enum { WORKER_MESSAGE_SIZE = 32 * 1024 };

/*
 * How long a tick is, in milliseconds. The time that a worker is blocked is counted in ticks, so
 * that it does not count if the parent gets no processor time.
 */
enum { WORKERS_TICK = 10 };

/*
 * How many children may be abandoned and still exist, since not even SIGKILL ends them: no
 * more are created then. Twenty users can cause about so many in one scan (scan.h).
 */
enum { WORKERS_ABANDONED_MOST = 32 };

enum worker_result {
	WORKER_CONTINUES, /* the item is done, and this worker does the next one */
	WORKER_ENDS,      /* the item is done, and another worker must do the next one */
	WORKER_RETRIES,   /* another worker must do this item */
};

/* The worker's own state. */
struct worker {
	const struct workers *workers;
	size_t item;
	bool is_child;   /* false: no child could be created, so the parent does the work itself */
	bool is_starved; /* no child: processes or memory are short, or too many were abandoned */
	bool is_fresh;   /* this item is its first */
	int socket;
};

struct workers {
	size_t count; /* of items */
	/* In the worker: handles this item. */
	enum worker_result (*work)(struct worker *worker, void *context, size_t item);
	/*
	 * In the parent: takes a message of the worker, and a descriptor, which the parent
	 * must close, or -1. Must check the message before use.
	 */
	void (*take)(void *context, size_t item, const void *message, size_t size, int fd);
	/* In the parent: takes an error that the worker sent with worker_fail(). */
	void (*failed)(void *context, size_t item, int error);
	/*
	 * In the parent, after all messages: the worker was killed by this signal at this
	 * item, or did not return from it (0). stuck: the worker, if not even SIGKILL ended it, or
	 * 0. Returns whether to continue with the next item.
	 */
	bool (*lost)(void *context, size_t item, int signal, pid_t stuck);
	/*
	 * In the parent, at each tick: whether to give up the worker at this item. blocked: at this
	 * moment it waits, neither for a processor nor for the parent. An item may block it many
	 * times, for a short while each. used: the processor time of the worker so far, in
	 * milliseconds (-1: not known).
	 */
	bool (*give_up)(void *context, size_t item, bool blocked, int64_t used);
	void *context;
};

/*
 * Handles all items. If no child can be created, this process handles them itself,
 * without any time limit; work() must then do nothing that can block if it is_starved.
 * Returns 0, or ENOMEM before anything was done.
 */
int workers_run(const struct workers *workers);

/* How many children were abandoned and still exist, and whether this one does. */
size_t workers_abandoned(void);
bool worker_is_abandoned(pid_t child);

/* In the worker: sends a message, and a descriptor (which stays open here) or -1. */
void worker_send(const struct worker *worker, const void *message, size_t size, int fd);

/* In the worker: sends an errno value. */
void worker_fail(const struct worker *worker, int error);

#endif
