/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/namespaces_each.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shm/process/child.h"
#include "shm/process/namespace_list.h"
#include "shm/process/workers.h"
#include "shm/segment/limits.h"

/*
 * How long one item may block, in ticks (workers.h): two seconds; hardly at all once all of them
 * together have blocked for five.
 */
enum { PATIENCE = 200, ALL_PATIENCE = 500, LAST_PATIENCE = 2 };

/* The segments of a namespace, or some of them: these follow. No padding: it is sent. */
struct record {
	size_t item;          /* the place of the namespace in the list */
	size_t first;         /* how many of its segments are in earlier records */
	size_t count;         /* how many follow */
	size_t foreign;       /* 1: its user namespace was entered, too */
	struct limits limits; /* all zero without with_limits of struct namespaces */
};

/*
 * Records that are sent together, since a message takes longer than a short list. The workers
 * share it with the parent, so that what a killed worker has not sent is not lost.
 */
struct batch {
	atomic_size_t size; /* of all records that are complete, in bytes */
	_Alignas(max_align_t) char records[WORKER_MESSAGE_SIZE];
};

/* One pass through all namespaces. */
struct tour {
	struct namespaces *namespaces;
	struct listing *list;
	struct batch *batch;
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

static void send_batch(const struct worker *worker, struct batch *batch)
{
	if (batch->size)
		worker_send(worker, batch->records, batch->size, -1);
	batch->size = 0;
}

/* Adds the segments of the list to the batch from record->first on, as many as fit. */
static void add_record(struct batch *batch, struct record *record, const struct listing *list)
{
	size_t size = batch->size;
	size_t room = (sizeof(batch->records) - size - sizeof(*record)) / sizeof(*list->items);
	size_t left = list->count - record->first;
	char *end = batch->records + size;

	record->count = left < room ? left : room;
	memcpy(end, record, sizeof(*record));
	end += sizeof(*record);
	if (record->count)
		memcpy(end, list->items + record->first, record->count * sizeof(*list->items));
	end += record->count * sizeof(*list->items);
	batch->size = (size_t)(end - batch->records);
	record->first += record->count;
}

/* Lists the segments of the namespace that the worker is in. Returns 0 or an errno value. */
static int list_segments(const struct worker *worker, const struct tour *tour, bool foreign)
{
	struct record record = { .item = worker->item, .foreign = foreign };
	struct batch *batch = tour->batch;
	struct listing list = { 0 };
	struct listing_fault fault;
	int error = listing_read(&list, &fault);

	if (!error && tour->namespaces->with_limits)
		error = limits_read_with(&record.limits, &list);
	if (!error) {
		do {
			if (sizeof(batch->records) - batch->size <
			    sizeof(record) + sizeof(*list.items))
				send_batch(worker, batch);
			add_record(batch, &record, &list);
		} while (record.first < list.count);
	}
	listing_free(&list);
	return error;
}

static enum worker_result visit(struct worker *worker, void *context, size_t item)
{
	const struct tour *tour = context;
	const bool is_last = item + 1 == tour->namespaces->count;
	enum worker_result result;
	bool foreign;
	int error;

	/* if a worker could not send its records, the parent lists these namespaces again */
	if (worker->is_fresh || !worker->is_child)
		tour->batch->size = 0;
	error = enter(worker, tour, &foreign, &result);
	if (error)
		error = -error; /* to distinguish it from an error of the list */
	else if (result != WORKER_RETRIES)
		error = list_segments(worker, tour, foreign);
	if (error || result != WORKER_CONTINUES || is_last || !worker->is_child)
		send_batch(worker, tour->batch);
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

/* Takes a record whose size was checked. Returns 0 or an errno value. */
static int take_record(struct tour *tour, const struct record *record, const char *segments)
{
	struct namespace *ns = &tour->namespaces->items[record->item];

	/* a worker was killed when it had sent the record, but not yet removed it from the batch */
	if (ns == tour->failed || ns < tour->current)
		return 0;
	begin_with(tour, ns);
	if (record->first != tour->list->count - tour->before)
		return 0;
	if (record->foreign) {
		ns->foreign = true;
		ns->users_known = false; /* the kernel no longer translates their ids */
	}
	for (size_t i = 0; i < record->count; i++) {
		struct segment segment;

		memcpy(&segment, segments + i * sizeof(segment), sizeof(segment));
		if (segment.id < 0 || segment.mode > 0777 || segment.state != 0)
			return EBADMSG;
		segment.ns = ns;
		if (listing_add(tour->list, &segment))
			return ENOMEM;
	}
	return tour->namespaces->with_limits ? namespace_set_limits(ns, &record->limits) : 0;
}

/* Takes records that may be damaged. item: the one that the worker was working on. */
static void take_records(struct tour *tour, size_t item, const char *at, size_t left)
{
	while (left) {
		struct record record = { .item = SIZE_MAX };
		size_t room = left - sizeof(record);
		int error;

		if (left >= sizeof(record))
			memcpy(&record, at, sizeof(record));
		if (record.item >= tour->namespaces->count ||
		    record.count > room / sizeof(struct segment)) {
			/* GCOVR_EXCL_START: only a damaged worker sends this */
			failed(tour, item, EBADMSG);
			return;
			/* GCOVR_EXCL_STOP */
		}
		at += sizeof(record);
		error = take_record(tour, &record, at);
		if (error)
			/* GCOVR_EXCL_START: no memory, or damaged */
			failed(tour, record.item, error);
		/* GCOVR_EXCL_STOP */
		at += record.count * sizeof(struct segment);
		left = room - record.count * sizeof(struct segment);
	}
}

static void take(void *context, size_t item, const void *message, size_t size, int fd)
{
	if (fd >= 0)
		close(fd); /* GCOVR_EXCL_LINE: only a damaged worker sends a descriptor */
	take_records(context, item, message, size);
}

static bool lost(void *context, size_t item, int signal)
{
	struct tour *tour = context;
	size_t left = tour->batch->size;

	if (left <= sizeof(tour->batch->records))
		take_records(tour, item, tour->batch->records, left);
	report(tour, item,
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
		.batch = shared_memory(sizeof(*tour.batch)),
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
	int error = ENOMEM;

	/* a trial: entering its own namespace requires the same privileges as returning to it */
	tour.returns = tour.own >= 0 && setns(tour.own, CLONE_NEWIPC) == 0;
	for (size_t i = 0; i < namespaces->count; i++)
		namespaces->items[i].foreign = false;
	if (tour.batch)
		error = workers_run(&workers);
	if (tour.returns && setns(tour.own, CLONE_NEWIPC) < 0)
		error = errno; /* cannot happen */
	if (tour.own >= 0)
		close(tour.own);
	if (tour.batch)
		munmap(tour.batch, sizeof(*tour.batch));
	return error;
}
