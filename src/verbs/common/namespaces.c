/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/common/namespaces.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shm/process/child.h"
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

static enum status cannot_enter(const struct namespace *ns, int error)
{
	fail(status_of_file(error), "cannot enter IPC namespace %s: %s", NAMESPACE_LABEL(ns),
	     strerror(error));
	if (error == EPERM || error == EACCES)
		hint("%s", geteuid() ? "be root, or leave it out with --except-namespace"
				     : "it takes CAP_SYS_ADMIN where it was made, and a sandbox "
				       "that does not forbid setns(2)");
	return status_of_file(error);
}

static enum status cannot_list(const struct namespace *ns, const struct visit *visit,
			       const struct listing_fault *fault)
{
	if (visit->error)
		return cannot_enter(ns, visit->error);
	if (visit->signal)
		return fail(STATUS_FAILED,
			    "cannot read the list of IPC namespace %s: the process that did was "
			    "ended by signal %d",
			    NAMESPACE_LABEL(ns), visit->signal);
	return fail(status_of_segment(fault->error) == STATUS_EXHAUSTED ? STATUS_EXHAUSTED
									: STATUS_FAILED,
		    "cannot read the list of IPC namespace %s: %s", NAMESPACE_LABEL(ns),
		    fault->error == EBADMSG ? fault->what : reason_of_segment(fault->error));
}

static enum status read_one(struct namespace *ns, struct listing *all, bool users_matter)
{
	struct listing_fault fault;
	struct visit visit;
	size_t before = all->count;

	if (namespace_list(ns, all, &visit, &fault)) {
		all->count = before;
		return cannot_list(ns, &visit, &fault);
	}
	if (!ns->foreign || all->count == before || !users_matter)
		return STATUS_DONE;
	all->count = before;
	fail(STATUS_FAILED,
	     "users cannot be told in IPC namespace %s: it was entered through its user "
	     "namespace, which numbers them otherwise; it was passed over",
	     NAMESPACE_LABEL(ns));
	hint("be root, or leave out --owner and --creator, and creator: in the keep list");
	return STATUS_FAILED;
}

/*
 * Finds the namespaces that are meant. *missing is the status of what could
 * not be asked for; another status than STATUS_DONE is returned when nothing
 * can be had at all.
 */
static enum status find_meant(struct namespaces *found, const struct filter *filter,
			      enum status *missing)
{
	struct namespaces excepted = { 0 };
	enum status status = open_excepted(&excepted, filter);
	int error = status ? 0 : namespaces_find(found);

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
				enum status *missing, size_t *missing_at)
{
	enum status status = find_meant(found, filter, missing);

	if (status)
		return status;
	for (size_t i = 0; i < found->count; i++) {
		enum status one = read_one(&found->items[i], all, users_matter);

		if (one && !*missing) {
			*missing = one;
			*missing_at = all->count;
		}
	}
	return STATUS_DONE;
}

/* What a child finds out, shared with it. */
struct limits_report {
	struct limits limits;
	int error;
	bool done;
};

static void read_and_report(void *context)
{
	struct limits_report *report = context;

	report->error = limits_read(&report->limits);
	report->done = true;
}

static enum status read_limits_of(const struct namespace *ns, struct limits_report *report)
{
	const struct errand errand = { .ns = ns, .work = read_and_report, .context = report };
	enum status status;

	*report = (struct limits_report){ 0 };
	status = all_namespaces_visit(&errand);
	if (status || !report->done || !report->error)
		return status;
	return fail(status_of_segment(report->error),
		    "cannot read the limits of IPC namespace %s: %s", NAMESPACE_LABEL(ns),
		    reason_of_segment(report->error));
}

enum status all_namespaces_limits(struct namespaces *found, const struct filter *filter,
				  struct limits_of **limits, size_t *count)
{
	struct limits_report *report = shared_memory(sizeof(*report));
	enum status missing = STATUS_DONE;
	enum status status = STATUS_DONE;

	*count = 0;
	*limits = NULL;
	if (report)
		status = find_meant(found, filter, &missing);
	if (!status)
		*limits = calloc(found->count + 1, sizeof(**limits));
	if (!report || (!status && !*limits))
		status = fail(STATUS_EXHAUSTED, "not enough memory");
	/* the analyser does not know that without memory there is a status */
	for (size_t i = 0; i < found->count && !status && report && *limits; i++) {
		status_keep_first(&missing, read_limits_of(&found->items[i], report));
		if (report->done && !report->error)
			(*limits)[(*count)++] = (struct limits_of){ .limits = report->limits,
								    .ns = &found->items[i],
								    .path = found->items[i].path };
	}
	if (report)
		munmap(report, sizeof(*report));
	status_keep_first(&status, missing);
	return status;
}

enum status all_namespaces_visit(const struct errand *errand)
{
	const struct namespace *ns = errand->ns;
	struct visit visit;
	int error = namespace_visit(errand, &visit);

	if (error)
		return fail(status_of_segment(error), "cannot work in IPC namespace %s: %s",
			    NAMESPACE_LABEL(ns), strerror(error));
	if (visit.error)
		return cannot_enter(ns, visit.error);
	/* a closed pipe is told where the output ends */
	if (visit.signal && visit.signal != SIGPIPE)
		return fail(STATUS_FAILED,
			    "the work in IPC namespace %s was ended by signal %d; nothing more "
			    "was done there",
			    NAMESPACE_LABEL(ns), visit.signal);
	return STATUS_DONE;
}
