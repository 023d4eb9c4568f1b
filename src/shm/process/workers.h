/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * workers: does the same thing for each of many items, one after the other, in a
 * child process that is replaced when it is lost: when something kills it, or
 * when it does not return from an item. Much of /proc/PID (ns, maps, stat, fd)
 * makes its reader wait for as long as that process is in the middle of execve(2)
 * or holds a lock of its memory, and any user can have one that stays there for
 * ever, with a file system of his own (FUSE) that does not answer. At most SIGKILL
 * ends such a wait, so only a child may begin it.
 */
#ifndef SHM_PROCESS_WORKERS_H
#define SHM_PROCESS_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

/* The largest message that a worker can send, in bytes. */
enum { WORKER_MESSAGE_SIZE = 32 * 1024 };

/* How long one item may take, in ticks of 10 ms. A busy machine has fewer ticks. */
enum { WORKERS_TICK = 10 };

enum worker_result {
	WORKER_CONTINUES, /* the item is done, and this worker does the next one */
	WORKER_ENDS,      /* the item is done, and another worker must do the next one */
	WORKER_RETRIES,   /* another worker must do this item */
};

/* What a worker knows of itself. */
struct worker {
	const struct workers *workers;
	size_t item;
	bool is_child; /* false: it is the process itself, for want of a child */
	bool is_fresh; /* the item is its first */
	int socket;
};

struct workers {
	size_t count; /* of items */
	/* In the worker: does this item. */
	enum worker_result (*work)(struct worker *worker, void *context, size_t item);
	/*
	 * In the parent: a message of the worker, to be checked before it is
	 * believed, and a descriptor that is now the parent's, or -1.
	 */
	void (*take)(void *context, size_t item, const void *message, size_t size, int fd);
	/* In the parent: what worker_fail() sent. */
	void (*failed)(void *context, size_t item, int error);
	/*
	 * In the parent, after all messages: the worker was killed by this signal
	 * while it did this item, or it did not return from it (0). Returns whether
	 * to go on with the next item.
	 */
	bool (*lost)(void *context, size_t item, int signal);
	/* In the parent: how many ticks the next item may take. */
	unsigned int (*patience)(void *context);
	void *context;
};

/*
 * Does all items. Where no child can be had, this process does them itself, and
 * waits for as long as it takes. Returns 0, or ENOMEM before anything was done.
 */
int workers_run(const struct workers *workers);

/* In the worker: sends a message, and a descriptor, which stays open here, or -1. */
void worker_send(const struct worker *worker, const void *message, size_t size, int fd);

/* In the worker: sends an errno value. */
void worker_fail(const struct worker *worker, int error);

#endif
