/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/common/namespaces.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/process/namespaces_each.h"
#include "text/parse.h"

int namespace_open_named(const char *word, struct namespace *ns)
{
	pid_t pid;

	if (parse_namespace(word, &pid))
		return EINVAL;
	return pid ? namespace_open_of(pid, ns) : namespace_open_path(word, ns);
}

/* Enters the namespace that a word names: 0 or an errno value. */
static int enter_named(const char *word, bool *users_changed)
{
	struct namespace ns;
	int error = namespace_open_named(word, &ns);

	if (error)
		return error;
	error = namespace_enter_fd(ns.fd, users_changed);
	namespace_close(&ns);
	return error;
}

static enum status cannot_enter_named(const struct operands *operands, int error)
{
	fail(status_of_file(error), "cannot enter the IPC namespace of %.200s: %s", operands->ns,
	     error == EINVAL ? "it is not an IPC namespace" : reason_of_file(error));
	if (error == EPERM || error == EACCES)
		hint("%s", geteuid() ? "be root"
				     : "it takes CAP_SYS_ADMIN where it was made, and "
				       "CAP_SYS_PTRACE to ask a process for its own; a "
				       "sandbox may forbid setns(2) to root, too");
	if (error == ENOENT && operands->ns_pid)
		hint("/proc is not mounted");
	return status_of_file(error);
}

enum status enter_namespace(const struct operands *operands, bool users_matter)
{
	bool users_changed;
	int error;

	if (!operands->ns)
		return STATUS_DONE;
	error = enter_named(operands->ns, &users_changed);
	if (error)
		return cannot_enter_named(operands, error);
	if (!users_changed || !users_matter)
		return STATUS_DONE;
	fail(STATUS_FAILED,
	     "users cannot be told in the IPC namespace of %.200s: it was entered through "
	     "its user namespace, which numbers them otherwise; nothing was done",
	     operands->ns);
	hint("be root, or leave out --owner and --creator, and creator: in the keep list");
	return STATUS_FAILED;
}

const char *all_namespaces_check(const struct filter *filter, const struct operands *operands,
				 bool allowed)
{
	if (!filter->all_namespaces)
		return NULL;
	if (!allowed)
		return "--all-namespaces (-A) is for ls and rm: use -N for one namespace";
	if (operands->ns)
		return "--all-namespaces (-A) and --namespace (-N) exclude each other";
	if (operands->count)
		return "--all-namespaces (-A) goes with filters only: a segment is another one "
		       "in each namespace";
	return NULL;
}

/* Opens the namespaces that are excepted: whoever names one must mean one that is there. */
static enum status open_excepted(struct namespaces *excepted, const struct filter *filter)
{
	for (size_t i = 0; i < filter->except_namespaces.count; i++) {
		const char *word = filter->except_namespaces.items[i];
		struct namespace ns;
		int error = namespace_open_named(word, &ns);

		if (!error)
			error = namespaces_add(excepted, &ns);
		if (error)
			return fail(status_of_file(error),
				    "cannot tell the IPC namespace of %.200s, to leave it out: %s; "
				    "nothing was done",
				    word,
				    error == EINVAL || error == ENOTTY
					    ? "it is not an IPC namespace"
					    : reason_of_file(error));
	}
	return STATUS_DONE;
}

/* Root is promised all of them; anybody else what he may see. */
static enum status say_hidden(size_t hidden)
{
	if (!hidden)
		return STATUS_DONE;
	if (geteuid() != 0) {
		warn("%zu process%s of others cannot be asked for an IPC namespace: be root to "
		     "reach all",
		     hidden, hidden == 1 ? "" : "es");
		return STATUS_DONE;
	}
	fail(STATUS_DENIED, "%zu process%s may not be asked for an IPC namespace", hidden,
	     hidden == 1 ? "" : "es");
	hint("it takes CAP_SYS_PTRACE, and CAP_SYS_ADMIN to enter one; and of a process that is "
	     "stuck in execve(2) nobody can ask");
	return STATUS_DENIED;
}

enum status cannot_enter(const struct namespace *ns, int error)
{
	fail(status_of_file(error), "cannot enter IPC namespace %s: %s", NAMESPACE_LABEL(ns),
	     strerror(error));
	if (error == EPERM || error == EACCES)
		hint("%s", geteuid() ? "be root, or leave it out with --except-namespace"
				     : "it takes CAP_SYS_ADMIN where it was made, and a sandbox "
				       "that does not forbid setns(2)");
	return status_of_file(error);
}

/* Reports why there is nothing, or no more, of a namespace; what: "list the segments". */
static enum status namespace_failed(const char *what, const struct namespace *ns,
				    const struct namespace_fault *fault)
{
	switch (fault->kind) {
	case FAULT_ENTERING:
		return cannot_enter(ns, fault->error);
	case FAULT_KILLED:
		return fail(STATUS_FAILED,
			    "cannot %s of IPC namespace %s: the worker process was killed by "
			    "signal %d",
			    what, NAMESPACE_LABEL(ns), fault->signal);
	case FAULT_STUCK:
		return fail(STATUS_FAILED,
			    "cannot %s of IPC namespace %s: the worker process did not finish",
			    what, NAMESPACE_LABEL(ns));
	default:
		return fail(status_of_segment(fault->error), "cannot %s of IPC namespace %s: %s",
			    what, NAMESPACE_LABEL(ns), reason_of_segment(fault->error));
	}
}

/* Of which namespaces something is missing. */
struct gaps {
	const struct listing *all;
	enum status *missing; /* of the first */
	size_t *missing_at;   /* it stands before this segment */
};

static void add_gap(const struct gaps *gaps, enum status status, size_t at)
{
	if (*gaps->missing)
		return;
	*gaps->missing = status;
	*gaps->missing_at = at;
}

static void cannot_list(void *context, struct namespace *ns, const struct namespace_fault *fault)
{
	const struct gaps *gaps = context;

	add_gap(gaps, namespace_failed("list the segments", ns, fault), gaps->all->count);
}

/* Takes out of the list what is in namespaces that number users otherwise. */
static void drop_foreign(struct listing *all, const struct gaps *gaps)
{
	const struct namespace *reported = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct namespace *ns = all->items[i].ns;

		if (!ns->foreign) {
			all->items[kept++] = all->items[i];
			continue;
		}
		if (ns == reported)
			continue;
		reported = ns;
		fail(STATUS_FAILED,
		     "cannot match users in IPC namespace %s: user IDs differ in its user "
		     "namespace; namespace skipped",
		     NAMESPACE_LABEL(ns));
		hint("run as root, or do without --owner, --creator and creator: entries in the "
		     "keep list");
		add_gap(gaps, STATUS_FAILED, kept);
	}
	all->count = kept;
}

/*
 * Finds the namespaces that are meant. *missing is the status of what could
 * not be asked for; another status than STATUS_DONE is returned when nothing
 * can be had at all.
 */
static enum status find_meant(struct namespaces *found, const struct filter *filter,
			      struct scan_losses *losses, enum status *missing)
{
	struct namespaces excepted = { 0 };
	enum status status = open_excepted(&excepted, filter);
	int error = status ? 0 : namespaces_find(found, losses);

	if (error)
		status = fail(error == ENOMEM ? STATUS_EXHAUSTED : status_of_file(error),
			      "cannot find the IPC namespaces: /proc: %s", strerror(error));
	if (!status)
		*missing = say_hidden(found->hidden);
	namespaces_subtract(found, &excepted);
	namespaces_free(&excepted);
	return status;
}

enum status all_namespaces_read(struct namespaces *found, struct listing *all,
				const struct filter *filter, bool users_matter,
				struct scan_losses *losses, enum status *missing,
				size_t *missing_at)
{
	enum status status = find_meant(found, filter, losses, missing);
	struct gaps gaps = { .all = all };

	if (status)
		return status;
	gaps.missing = missing;
	gaps.missing_at = missing_at;
	if (namespaces_list(found, all, cannot_list, &gaps))
		return fail(STATUS_EXHAUSTED, "not enough memory");
	if (users_matter)
		drop_foreign(all, &gaps);
	return STATUS_DONE;
}

/* The limits of many namespaces, as they come in. */
struct limits_list {
	struct limits_of *items;
	size_t count;
	enum status missing; /* of the first that could not be read */
};

static int send_limits(const struct worker *worker, void *context)
{
	struct limits limits;
	int error = limits_read(&limits);

	(void)context;
	if (!error)
		worker_send(worker, &limits, sizeof(limits), -1);
	return error;
}

static int take_limits(void *context, struct namespace *ns, const void *message, size_t size)
{
	struct limits_list *list = context;
	struct limits_of *of = &list->items[list->count];

	if (size != sizeof(of->limits) || (list->count && of[-1].ns == ns))
		return EBADMSG;
	memcpy(&of->limits, message, size);
	of->ns = ns;
	of->path = ns->path;
	list->count++;
	return 0;
}

static void cannot_read_limits(void *context, struct namespace *ns,
			       const struct namespace_fault *fault)
{
	struct limits_list *list = context;

	status_keep_first(&list->missing, namespace_failed("read the limits", ns, fault));
}

enum status all_namespaces_limits(struct namespaces *found, const struct filter *filter,
				  struct limits_of **limits, size_t *count)
{
	struct limits_list list = { 0 };
	const struct namespaces_work work = {
		.work = send_limits,
		.take = take_limits,
		.failed = cannot_read_limits,
		.context = &list,
	};
	enum status status = find_meant(found, filter, NULL, &list.missing);

	if (!status)
		list.items = calloc(found->count + 1, sizeof(*list.items));
	if (!status && (!list.items || namespaces_each(found, &work)))
		status = fail(STATUS_EXHAUSTED, "not enough memory");
	*limits = list.items;
	*count = list.count;
	status_keep_first(&status, list.missing);
	return status;
}
