/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/namespaces_each.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In ticks (workers.h), so at least ten seconds. */
enum { PATIENCE = 1000 };

/* One pass through all namespaces. */
struct tour {
	struct namespaces *list;
	const struct namespaces_work *each;
	int own;      /* descriptor of the parent's namespace */
	bool returns; /* the parent may return to it */
	/* the last namespace for which a fault was reported */
	const struct namespace *failed;
};

/*
 * Enters a namespace. *result is what the worker must return after its work there;
 * WORKER_RETRIES: at once, since the namespace requires a worker of its own.
 */
static int enter(const struct worker *worker, const struct tour *tour, const struct namespace *ns,
		 enum worker_result *result)
{
	bool users_changed;
	int error;

	*result = WORKER_CONTINUES;
	if (ns->fd < 0)
		return ns->error;
	if (!worker->is_child && !tour->returns && !namespace_is_ours(ns->fd))
		return EPERM;
	error = namespace_join(ns->fd);
	if (error != EPERM || !worker->is_child)
		return error;
	*result = worker->is_fresh ? WORKER_ENDS : WORKER_RETRIES;
	if (!worker->is_fresh)
		return 0;
	error = namespace_enter_fd(ns->fd, &users_changed);
	/* an empty message marks the namespace as foreign */
	if (!error && users_changed)
		worker_send(worker, NULL, 0, -1);
	return error;
}

static enum worker_result visit(struct worker *worker, void *context, size_t item)
{
	const struct tour *tour = context;
	enum worker_result result;
	int error = enter(worker, tour, &tour->list->items[item], &result);

	if (error) {
		/* negative, to distinguish it from an error of the work */
		worker_fail(worker, -error);
		return result;
	}
	if (result == WORKER_RETRIES)
		return result;
	error = tour->each->work(worker, tour->each->context);
	if (error)
		worker_fail(worker, error);
	return result;
}

/* Reports the first fault of a namespace. No more messages of it are taken after that. */
static void report(struct tour *tour, size_t item, const struct namespace_fault *fault)
{
	struct namespace *ns = &tour->list->items[item];

	if (tour->failed != ns)
		tour->each->failed(tour->each->context, ns, fault);
	tour->failed = ns;
}

static void failed(void *context, size_t item, int error)
{
	report(context, item,
	       &(struct namespace_fault){ .kind = error < 0 ? FAULT_ENTERING : FAULT_WORK,
					  .error = error < 0 ? -error : error });
}

static void take(void *context, size_t item, const void *message, size_t size, int fd)
{
	struct tour *tour = context;
	struct namespace *ns = &tour->list->items[item];
	int error;

	if (fd >= 0)
		close(fd); /* GCOVR_EXCL_LINE: only a damaged worker sends a descriptor */
	if (tour->failed == ns)
		return;
	if (!size) {
		ns->foreign = true;
		ns->users_known = false; /* the kernel no longer translates their ids */
		return;
	}
	error = tour->each->take(tour->each->context, ns, message, size);
	if (error)
		failed(tour, item, error);
}

static bool lost(void *context, size_t item, int signal)
{
	report(context, item,
	       &(struct namespace_fault){ .kind = signal ? FAULT_KILLED : FAULT_STUCK,
					  .signal = signal });
	return true;
}

static unsigned int patience(void *context)
{
	(void)context;
	return PATIENCE;
}

int namespaces_each(struct namespaces *list, const struct namespaces_work *work)
{
	struct tour tour = {
		.list = list,
		.each = work,
		.own = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC),
	};
	const struct workers workers = {
		.count = list->count,
		.work = visit,
		.take = take,
		.failed = failed,
		.lost = lost,
		.patience = patience,
		.context = &tour,
	};
	int error;

	/* a trial: entering its own namespace requires the same privileges as returning to it */
	tour.returns = tour.own >= 0 && setns(tour.own, CLONE_NEWIPC) == 0;
	for (size_t i = 0; i < list->count; i++)
		list->items[i].foreign = false;
	error = workers_run(&workers);
	if (tour.returns && setns(tour.own, CLONE_NEWIPC) < 0)
		error = errno; /* cannot happen */
	if (tour.own >= 0)
		close(tour.own);
	return error;
}

/* Lists */

/* The number of segments that fit into a message. */
enum {
	SEGMENTS_IN_MESSAGE = (WORKER_MESSAGE_SIZE - sizeof(struct limits)) / sizeof(struct segment)
};

/* What a worker sends, with as many segments as there are. */
struct list_message {
	struct limits limits; /* all zero without with_limits */
	struct segment segments[SEGMENTS_IN_MESSAGE];
};

struct lists {
	bool with_limits;
	struct listing *list;
	const struct namespace *ns; /* the namespace that is being listed */
	size_t before;              /* how many segments the list had before it */
	void (*failed)(void *context, struct namespace *ns, const struct namespace_fault *fault);
	void *context;
};

static int send_list(const struct worker *worker, void *context)
{
	static struct list_message message;
	const struct lists *lists = context;
	struct listing list = { 0 };
	struct listing_fault fault;
	int error = listing_read(&list, &fault);
	size_t sent = 0;

	if (!error && lists->with_limits)
		error = limits_read_with(&message.limits, &list);
	while (!error && (sent < list.count || (lists->with_limits && !sent))) {
		size_t count = list.count - sent;
		size_t size;

		if (count > SEGMENTS_IN_MESSAGE)
			count = SEGMENTS_IN_MESSAGE;
		size = count * sizeof(message.segments[0]);
		if (count)
			memcpy(message.segments, list.items + sent, size);
		worker_send(worker, &message, offsetof(struct list_message, segments) + size, -1);
		sent += count ? count : 1;
	}
	listing_free(&list);
	return error;
}

/* Notes where a namespace's segments begin in the list. */
static void begin_with(struct lists *lists, const struct namespace *ns)
{
	if (lists->ns != ns)
		lists->before = lists->list->count;
	lists->ns = ns;
}

static int take_list(void *context, struct namespace *ns, const void *message, size_t size)
{
	struct lists *lists = context;
	const struct list_message *received = message;
	const struct segment *segments = received->segments;
	const size_t head = offsetof(struct list_message, segments);

	begin_with(lists, ns);
	if (size < head || (size - head) % sizeof(*segments))
		return EBADMSG;
	if (lists->with_limits && !ns->limits) {
		ns->limits = malloc(sizeof(*ns->limits));
		if (!ns->limits)
			return ENOMEM;
		*ns->limits = received->limits;
	}
	for (size_t i = 0; i < (size - head) / sizeof(*segments); i++) {
		struct segment segment = segments[i];

		if (segment.id < 0 || segment.mode > 0777 || segment.state != 0)
			return EBADMSG;
		segment.ns = ns;
		if (listing_add(lists->list, &segment))
			return ENOMEM;
	}
	return 0;
}

static void list_failed(void *context, struct namespace *ns, const struct namespace_fault *fault)
{
	struct lists *lists = context;

	begin_with(lists, ns);
	lists->list->count = lists->before;
	lists->failed(lists->context, ns, fault);
}

int namespaces_list(struct namespaces *namespaces, struct listing *list,
		    void (*report_fault)(void *context, struct namespace *ns,
					 const struct namespace_fault *fault),
		    void *context)
{
	struct lists lists = {
		.with_limits = namespaces->with_limits,
		.list = list,
		.failed = report_fault,
		.context = context,
	};
	const struct namespaces_work each = {
		.work = send_list,
		.take = take_list,
		.failed = list_failed,
		.context = &lists,
	};

	return namespaces_each(namespaces, &each);
}
