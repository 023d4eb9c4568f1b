/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/namespaces_each.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "shm/process/namespace_list.h"
#include "shm/process/workers.h"
#include "shm/segment/limits.h"

/*
 * How long one item may block, in ticks (workers.h): two seconds; hardly at all once all of them
 * together have blocked for five.
 */
enum { PATIENCE = 200, ALL_PATIENCE = 500, LAST_PATIENCE = 2 };

/* A message of the worker: the segments of a namespace, or some of them. No padding: it is sent. */
struct record {
	size_t first;         /* how many of its segments are in earlier messages */
	size_t foreign;       /* 1: its user namespace was entered, too */
	struct limits limits; /* all zero without with_limits of struct namespaces */
	struct segment segments[];
};

/* One pass through all namespaces. */
struct tour {
	struct namespaces *namespaces;
	struct listing *list;
	int own;      /* descriptor of the parent's namespace */
	bool returns; /* the parent may return to it */

	/* only in the parent */
	size_t item;                     /* the namespace that the worker is in, */
	unsigned int waited;             /* and for how many ticks it was blocked there, */
	unsigned int waited_in_all;      /* and in all of them */
	const struct namespace *current; /* the first, or the last one with a record or fault */
	size_t before;                   /* how many segments the list had before it */
	const struct namespace *failed;  /* the last one for which a fault was reported */
	void (*report)(void *context, struct namespace *ns, const struct namespace_fault *fault);
	void *context;
};

/* --- In a worker --- */

/*
 * Enters a namespace. *result is what the worker must return after its work there;
 * WORKER_RETRIES: at once, since the namespace requires a worker of its own.
 */
static int enter(const struct worker *worker, const struct tour *tour, bool *users_changed,
		 enum worker_result *result)
{
	const struct namespace *ns = &tour->namespaces->items[worker->item];
	int error;

	*result = WORKER_CONTINUES;
	*users_changed = false;
	if (ns->fd < 0)
		return ns->error;
	/* so many children wait in namespaces of a user: this process should not be next */
	if (!worker->is_child &&
	    (!tour->returns || workers_abandoned() == WORKERS_ABANDONED_MOST) &&
	    !namespace_is_ours(ns->fd))
		return EAGAIN;
	error = namespace_join(ns->fd);
	if (error != EPERM)
		return error;
	/* this process could not leave that user namespace again */
	if (!worker->is_child)
		return EAGAIN;
	*result = worker->is_fresh ? WORKER_ENDS : WORKER_RETRIES;
	return worker->is_fresh ? namespace_enter_fd(ns->fd, users_changed) : 0;
}

/* Sends the segments of the namespace that the worker is in. Returns 0 or an errno value. */
static int list_segments(const struct worker *worker, const struct tour *tour, bool foreign)
{
	static _Alignas(struct record) char message[WORKER_MESSAGE_SIZE];
	const size_t most = (sizeof(message) - sizeof(struct record)) / sizeof(struct segment);
	struct record *record = (struct record *)message;
	struct listing list = { 0 };
	struct listing_fault fault;
	int error = listing_read(&list, &fault);
	size_t at = 0;

	*record = (struct record){ .foreign = foreign };
	if (!error && tour->namespaces->with_limits)
		error = limits_read_with(&record->limits, &list);
	if (!error) {
		do {
			size_t count = list.count - at < most ? list.count - at : most;
			size_t size = count * sizeof(*list.items);

			record->first = at;
			if (count)
				memcpy(record->segments, list.items + at, size);
			worker_send(worker, record, sizeof(*record) + size, -1);
			at += count;
		} while (at < list.count);
	}
	listing_free(&list);
	return error;
}

static enum worker_result visit(struct worker *worker, void *context, size_t item)
{
	enum worker_result result;
	bool foreign;
	int error = enter(worker, context, &foreign, &result);

	(void)item;
	if (error)
		error = -error; /* to distinguish it from an error of the list */
	else if (result != WORKER_RETRIES)
		error = list_segments(worker, context, foreign);
	if (error)
		worker_fail(worker, error);
	return result;
}

/* --- In the parent --- */

/* Notes where a namespace's segments begin in the list. */
static void begin_with(struct tour *tour, const struct namespace *ns)
{
	if (tour->current != ns)
		tour->before = tour->list->count;
	tour->current = ns;
}

/* Reports the first fault of a namespace. No more records of it are taken after that. */
static void report(struct tour *tour, size_t item, const struct namespace_fault *fault)
{
	struct namespace *ns = &tour->namespaces->items[item];

	if (tour->failed == ns)
		return; /* GCOVR_EXCL_LINE: rarely: a second fault */
	begin_with(tour, ns);
	tour->list->count = tour->before;
	tour->failed = ns;
	tour->report(tour->context, ns, fault);
}

static void failed(void *context, size_t item, int error)
{
	report(context, item,
	       &(struct namespace_fault){ .kind = error < 0 ? FAULT_ENTERING : FAULT_LISTING,
					  .error = error < 0 ? -error : error });
}

/* Takes a record. Returns 0 or an errno value. */
static int take_record(struct tour *tour, struct namespace *ns, const struct record *record,
		       size_t size)
{
	if (size < sizeof(*record) || (size - sizeof(*record)) % sizeof(struct segment))
		return EBADMSG; /* GCOVR_EXCL_LINE: only a damaged worker sends this */
	/* this process lists them again if it cannot wait for the worker that has sent them */
	if (ns == tour->failed || ns < tour->current)
		return 0;
	begin_with(tour, ns);
	if (record->first != tour->list->count - tour->before)
		return 0;
	if (record->foreign) {
		ns->foreign = true;
		ns->users_known = false; /* the kernel no longer translates their ids */
	}
	for (size_t i = 0; i < (size - sizeof(*record)) / sizeof(struct segment); i++) {
		struct segment segment = record->segments[i];

		if (segment.id < 0 || segment.mode > 0777 || segment.state != 0)
			return EBADMSG;
		segment.ns = ns;
		if (listing_add(tour->list, &segment))
			return ENOMEM;
	}
	return tour->namespaces->with_limits ? namespace_set_limits(ns, &record->limits) : 0;
}

static void take(void *context, size_t item, const void *message, size_t size, int fd)
{
	struct tour *tour = context;
	int error = take_record(tour, &tour->namespaces->items[item], message, size);

	if (fd >= 0)
		close(fd); /* GCOVR_EXCL_LINE: only a damaged worker sends a descriptor */
	if (error)
		failed(tour, item, error); /* GCOVR_EXCL_LINE: no memory, or damaged */
}

static bool lost(void *context, size_t item, int signal, pid_t stuck)
{
	(void)stuck;
	report(context, item,
	       &(struct namespace_fault){ .kind = signal ? FAULT_KILLED : FAULT_STUCK,
					  .signal = signal });
	return true;
}

static bool give_up(void *context, size_t item, bool blocked, int64_t used)
{
	struct tour *tour = context;

	(void)used;
	if (item != tour->item)
		tour->waited = 0;
	tour->item = item;
	tour->waited += blocked;
	tour->waited_in_all += blocked;
	return blocked &&
	       tour->waited >= (tour->waited_in_all < ALL_PATIENCE ? PATIENCE : LAST_PATIENCE);
}

int namespaces_list(struct namespaces *namespaces, struct listing *list,
		    void (*report_fault)(void *context, struct namespace *ns,
					 const struct namespace_fault *fault),
		    void *context)
{
	struct tour tour = {
		.namespaces = namespaces,
		.list = list,
		.current = namespaces->items,
		.before = list->count,
		.own = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC),
		.report = report_fault,
		.context = context,
	};
	const struct workers workers = {
		.count = namespaces->count,
		.work = visit,
		.take = take,
		.failed = failed,
		.lost = lost,
		.give_up = give_up,
		.context = &tour,
	};
	int error;

	/* a trial: entering its own namespace requires the same privileges as returning to it */
	tour.returns = tour.own >= 0 && setns(tour.own, CLONE_NEWIPC) == 0;
	for (size_t i = 0; i < namespaces->count; i++)
		namespaces->items[i].foreign = false;
	error = workers_run(&workers);
	if (tour.returns && setns(tour.own, CLONE_NEWIPC) < 0)
		error = errno; /* cannot happen */
	if (tour.own >= 0)
		close(tour.own);
	return error;
}
