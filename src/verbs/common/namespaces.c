/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/common/namespaces.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/process/ipc_files.h"
#include "shm/process/ipc_mounts.h"
#include "shm/process/namespace_names.h"
#include "shm/process/namespace_number.h"
#include "shm/process/namespaces_each.h"
#include "shm/process/procfs.h"
#include "shm/segment/control.h"
#include "shm/system/capability.h"
#include "text/names.h"
#include "text/namespace_option.h"
#include "text/parse.h"

int namespace_open_named(const char *word, struct namespace *ns)
{
	pid_t pid;
	ino_t inode;

	if (parse_namespace(word, &pid, &inode))
		return EINVAL;
	if (inode)
		return namespace_open_number(inode, ns);
	return pid ? namespace_open_of(pid, ns) : namespace_open_path(word, ns);
}

/* Hints at what to do where users cannot be matched. */
static void hint_at_users(const char *how)
{
	hint("%s, or do not name users (--owner, --creator, -u or -g by name, creator: in a keep "
	     "list)",
	     how);
}

static const char *reason_of_namespace(int error)
{
	switch (error) {
	case EINVAL:
	case ENOTTY:
		return "it is not an IPC namespace";
	case ENXIO:
		return "no such IPC namespace is visible here";
	case EAGAIN:
		return "it was not found, but a process that may be in it does not respond";
	case EXDEV:
		return "/proc belongs to another PID namespace";
	case ETIMEDOUT:
		return "the process does not respond (it may be stuck in execve(2))";
	default:
		return reason_of_file(error);
	}
}

/* Enters the namespace of -N. Returns 0 or an errno value. */
static int enter_named(struct operands *operands, bool *users_changed)
{
	struct namespace ns;
	int error = namespace_open_named(operands->ns, &ns);

	if (error)
		return error;
	namespace_users_find(&ns, 1, NULL);
	error = namespace_enter_fd(ns.fd, users_changed);
	operands->users_unknown = !ns.users_known || *users_changed;
	operands->ns_path = ns.path;
	ns.path = NULL;
	namespace_close(&ns);
	if (!error)
		namespace_option_set(operands->ns, operands->ns_path);
	return error;
}

/* After an error that means that the word names no IPC namespace, or none that was found. */
static void hint_at_names(int error)
{
	if (error == EXDEV)
		hint("mount /proc, or give the path of a namespace, or its number");
	if (error == EAGAIN)
		hint("shmtool ls -A shows which process does not respond");
	if (error == ENOENT || error == ESRCH || error == EINVAL || error == ENOTTY ||
	    error == ENXIO)
		hint("give a process id, the path of a namespace such as /proc/PID/ns/ipc, or a "
		     "number that ls -A shows in its column NS");
}

enum status cannot_enter_named(const char *name, int error)
{
	pid_t pid = 0;
	ino_t inode;

	parse_namespace(name, &pid, &inode);
	fail(status_of_file(error), "cannot enter the IPC namespace of %.200s: %s", name,
	     reason_of_namespace(error));
	if (error == EPERM || error == EACCES)
		hint(geteuid()
			     ? "run as root"
			     : "run with CAP_SYS_ADMIN in its owning user namespace%s, and without "
			       "a seccomp filter that blocks setns(2)",
		     pid || error == EACCES ? " and CAP_SYS_PTRACE" : "");
	if (access("/proc/self", F_OK) < 0 && (error == ENOENT || error == ESTALE))
		hint("mount /proc");
	else
		hint_at_names(error);
	return status_of_file(error);
}

enum status enter_namespace(struct operands *operands, bool users_matter)
{
	bool users_changed;
	int error;

	if (users_matter && users_are_foreign()) {
		fail(STATUS_FAILED, "cannot match users: user IDs differ in this user namespace; "
				    "nothing was done");
		hint_at_users("run outside this user namespace");
		return STATUS_FAILED;
	}
	if (!operands->ns)
		return STATUS_DONE;
	error = enter_named(operands, &users_changed);
	if (error)
		return cannot_enter_named(operands->ns, error);
	if (!users_changed || !users_matter)
		return STATUS_DONE;
	fail(STATUS_FAILED,
	     "cannot match users in the IPC namespace of %.200s: user IDs differ in its user "
	     "namespace; nothing was done",
	     operands->ns);
	hint_at_users("run as root");
	return STATUS_FAILED;
}

const char *all_namespaces_check(const struct filter *filter, const struct operands *operands,
				 bool allowed)
{
	if (!filter->all_namespaces)
		return NULL;
	if (!allowed)
		return "--all-namespaces (-A) only works with ls, stat and rm; use -N for a single "
		       "namespace";
	if (operands->ns)
		return "--all-namespaces (-A) and --namespace (-N) cannot be combined";
	if (operands->count)
		return "--all-namespaces (-A) cannot be combined with SEGMENT: ids and keys differ "
		       "between namespaces";
	return NULL;
}

enum status open_excepted(struct namespaces *excepted, const struct filter *filter)
{
	for (size_t i = 0; i < filter->except_namespaces.count; i++) {
		const char *word = filter->except_namespaces.items[i];
		struct namespace ns;
		int error = namespace_open_named(word, &ns);

		if (!error)
			error = namespaces_add(excepted, &ns);
		if (!error)
			continue;
		fail(status_of_file(error), "--except-namespace \"%.200s\": %s; nothing was done",
		     word, reason_of_namespace(error));
		hint_at_names(error);
		return status_of_file(error);
	}
	/* otherwise the open descriptors would keep them in existence */
	namespaces_release(excepted);
	return STATUS_DONE;
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "es";
}

enum status report_lost(const struct namespaces *found)
{
	if (!found->lost)
		return STATUS_DONE;
	if (!found->silent)
		return fail(STATUS_DENIED, "cannot determine the IPC namespace of %zu process%s",
			    found->lost, plural(found->lost));
	fail(STATUS_DENIED, "cannot determine the IPC namespace of %zu process%s: process %d %s",
	     found->lost, plural(found->lost), found->silent,
	     found->ended
		     ? "and others do not respond in time, and all after them but root's were skipped"
		     : "does not respond in time, and others of its user were skipped");
	if (process_user(found->silent) != (uid_t)-1)
		hint("kill -KILL %d ends it, if it is stuck in execve(2)", found->silent);
	return STATUS_DENIED;
}

/* For root: the processes that are hidden, with the first by name, and why. */
static enum status report_hidden_from_root(const struct namespaces *found)
{
	char command[COMMAND_SIZE] = "";
	char label[PROCESS_LABEL_SIZE];
	char whose[2 * PROCESS_LABEL_SIZE] = "the processes of other users, which /proc hides "
					     "(hidepid)";

	process_read_command(found->first_hidden, command);
	if (found->hidden)
		snprintf(whose, sizeof(whose), "%zu process%s (%s%s)", found->hidden,
			 plural(found->hidden), found->hidden > 1 ? "such as " : "",
			 process_label(label, found->first_hidden, command));
	fail(STATUS_DENIED, "cannot determine the IPC namespace of %s: permission denied", whose);
	if (found->hidden && capability_in_use(CAP_SYS_PTRACE))
		remark("CAP_SYS_PTRACE is in effect, but a security module or another user "
		       "namespace protects %s",
		       found->hidden > 1 ? "these processes" : "this process");
	else
		hint("run with CAP_SYS_PTRACE, and CAP_SYS_ADMIN to enter namespaces");
	return STATUS_DENIED;
}

void warn_of_skipped(const struct namespaces *found)
{
	if (found->too_many_files)
		warn("examining open files takes too long: those of %zu process%s were not "
		     "searched to the end for IPC namespaces that only an open file keeps in existence",
		     found->too_many_files, plural(found->too_many_files));
	if (found->too_many_mounts)
		warn("reading /proc/PID/mountinfo takes too long: %zu mount namespace%s not searched to the end "
		     "for IPC namespaces that only a mount keeps in existence",
		     found->too_many_mounts, found->too_many_mounts == 1 ? " was" : "s were");
}

/* Reports what is hidden. For root, that is a failure; other users see only what they may. */
static enum status report_hidden(const struct namespaces *found)
{
	enum status status = report_lost(found);
	char whose[96] = "the processes of other users, which /proc hides (hidepid)";

	warn_of_skipped(found);
	if (!found->hidden && !proc_hides_processes())
		return status;
	if (geteuid() == 0)
		return report_hidden_from_root(found);
	if (found->hidden)
		snprintf(whose, sizeof(whose), "%zu process%s of other users", found->hidden,
			 plural(found->hidden));
	warn("cannot see the IPC namespaces of %s; run as root to cover all namespaces", whose);
	return status;
}

enum status cannot_enter(const struct namespace *ns, int error)
{
	const bool childless = error == EAGAIN;
	const enum status status = childless ? STATUS_EXHAUSTED : status_of_file(error);

	fail(status, "cannot enter IPC namespace %s: %s", NAMESPACE_LABEL(ns),
	     childless ? "no child process can be created" : strerror(error));
	if (error == EPERM || error == EACCES)
		hint("%s", geteuid() ? "run as root, or exclude it with --except-namespace"
				     : "run with CAP_SYS_ADMIN in its owning user namespace, and "
				       "without a seccomp filter that blocks setns(2)");
	return status;
}

/* Reports that the work in a namespace failed. what: "list the segments". */
static enum status namespace_failed(const struct namespace *ns, const struct namespace_fault *fault)
{
	switch (fault->kind) {
	case FAULT_ENTERING:
		return cannot_enter(ns, fault->error);
	case FAULT_KILLED:
		return fail(
			STATUS_FAILED,
			"cannot list the segments of IPC namespace %s: the worker process was killed by "
			"signal %d",
			NAMESPACE_LABEL(ns), fault->signal);
	case FAULT_STUCK:
		return fail(
			STATUS_FAILED,
			"cannot list the segments of IPC namespace %s: the worker process did not finish",
			NAMESPACE_LABEL(ns));
	default:
		/* GCOVR_EXCL_START: rarely: its answer is damaged */
		return fail(status_of_segment(fault->error),
			    "cannot list the segments of IPC namespace %s: %s", NAMESPACE_LABEL(ns),
			    reason_of_segment(fault->error));
		/* GCOVR_EXCL_STOP */
	}
}

/* context: the status of the first namespace that is missing in the list; NULL: report none */
static void cannot_list(void *context, struct namespace *ns, const struct namespace_fault *fault)
{
	enum status *missing = context;

	ns->unread = true;
	if (missing)
		status_keep_first(missing, namespace_failed(ns, fault));
}

/* Drops segments in namespaces whose user IDs are mapped differently. */
static void drop_foreign(struct listing *all, enum status *missing)
{
	const struct namespace *reported = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct namespace *ns = all->items[i].ns;

		if (!ns->foreign) {
			all->items[kept++] = all->items[i];
			continue;
		}
		if (ns == reported || !missing)
			continue;
		reported = ns;
		fail(STATUS_FAILED,
		     "cannot match users in IPC namespace %s: user IDs differ in its user "
		     "namespace; namespace skipped",
		     NAMESPACE_LABEL(ns));
		hint_at_users("run as root");
		status_keep_first(missing, STATUS_FAILED);
	}
	all->count = kept;
}

/*
 * How often in a row a namespace is not found until it has ended for sure. (The only process may
 * be one that has just been forked.) Then its number may be that of another one.
 */
enum { MISSED_MOST = 3 };

static void forget_ended(struct namespaces *excepted, const struct namespaces *found)
{
	size_t kept = 0;

	if (found->lost || found->too_many_files || found->too_many_mounts)
		return;
	for (size_t i = 0; i < excepted->count; i++) {
		struct namespace *ns = &excepted->items[i];

		ns->missed = namespaces_get(found, ns) ? 0 : ns->missed + 1;
		if (ns->missed == MISSED_MOST)
			namespace_close(ns);
		else
			excepted->items[kept++] = *ns;
	}
	excepted->count = kept;
}

enum status all_namespaces_read(struct namespaces *found, struct listing *all,
				struct namespaces *excepted, bool users_matter,
				struct scan_losses *losses, enum status *missing)
{
	int error = namespaces_find(found, losses);

	if (error)
		return fail(error == ENOMEM ? STATUS_EXHAUSTED : status_of_file(error),
			    "cannot find the IPC namespaces: /proc: %s", strerror(error));
	if (missing)
		*missing = report_hidden(found);
	forget_ended(excepted, found);
	namespaces_subtract(found, excepted);
	if (namespaces_list(found, all, cannot_list, missing))
		return fail(STATUS_EXHAUSTED, "not enough memory");
	if (users_matter)
		drop_foreign(all, missing);
	return STATUS_DONE;
}

struct limits_of *namespaces_limits(const struct namespaces *found, size_t *count)
{
	struct limits_of *all = calloc(found->count + 2, sizeof(*all));

	*count = 0;
	for (size_t i = 0; all && i < found->count; i++) {
		const struct namespace *ns = &found->items[i];

		if (ns->unread || !ns->limits)
			continue;
		all[*count] = (struct limits_of){ *ns->limits, .ns = ns };
		/*
		 * that of this process needs none. A pid, or a path where a user has mounted a
		 * namespace, can be that of another one when the command is used
		 */
		if (!namespace_is_ours(ns->fd))
			all[*count].path = ns->pid ? "/proc/PID/ns/ipc" : "PATH";
		if (ns->cgroup.limit)
			limits_set_cgroup(&all[*count].limits, &ns->cgroup);
		(*count)++;
	}
	if (!all)
		fail(STATUS_EXHAUSTED, "not enough memory");
	return all;
}
