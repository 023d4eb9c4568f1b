/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verbs/common/keep_lists.h"

#include <errno.h>
#include <string.h>

#include "shm/process/namespace_keys.h"
#include "text/keepfile.h"
#include "verbs/common/namespaces.h"

static const char *reason_of(int error)
{
	return error == ETIMEDOUT ? "a process does not answer"
	       : error == ETIME   ? "looking through the processes takes too long"
	       : error == ESRCH   ? "its processes are not visible in this PID namespace"
	       : error == EPERM   ? "processes are hidden (this requires CAP_SYS_PTRACE)"
				  : strerror(error);
}

/* nothing_done: see keep_lists_read() */
static enum status files_failed(int error, const char *nothing_done)
{
	static const char what[] = "cannot find the files of the keep list in other IPC namespaces";

	if (nothing_done)
		return fail(STATUS_FAILED, "%s: %s; %s", what, reason_of(error), nothing_done);
	warn("%s: %s", what, reason_of(error));
	return STATUS_DONE;
}

/* Reports that keys may be missing. Returns whether the namespace must be skipped. */
static bool report_missing_keys(const struct namespace *ns, const char *nothing_done)
{
	if (nothing_done)
		fail(STATUS_FAILED,
		     "cannot find the files of the keep list in IPC namespace %s: %s; namespace "
		     "skipped",
		     NAMESPACE_LABEL(ns), reason_of(ns->kept.error));
	else
		warn("cannot find the files of the keep list in IPC namespace %s: %s",
		     NAMESPACE_LABEL(ns), reason_of(ns->kept.error));
	return nothing_done;
}

enum status keep_files_find(struct namespaces *found, struct listing *all,
			    const struct keep_files *files, const char *nothing_done,
			    struct scan_losses *losses, enum status *missing)
{
	const struct namespace *last = NULL;
	bool skipped = false;
	size_t kept = 0;
	int error = namespace_keys_find(found, files, losses);

	if (error)
		return files_failed(error, nothing_done); /* GCOVR_EXCL_LINE: rarely: no memory */
	for (size_t i = 0; i < all->count; i++) {
		const struct namespace *ns = all->items[i].ns;

		/* hidden processes concern all namespaces */
		if (!nothing_done && ns->kept.error == EPERM)
			return files_failed(EPERM, NULL);
		if (ns != last)
			skipped = ns->kept.error && report_missing_keys(ns, nothing_done);
		last = ns;
		if (skipped)
			status_keep_first(missing, STATUS_FAILED);
		else
			all->items[kept++] = all->items[i];
	}
	all->count = kept;
	return STATUS_DONE;
}

/*
 * Adds the keys that the files have in this namespace. Takes it over. Returns 0 or an errno value.
 */
static int add_keys_of(struct keep *keep, struct namespace *ns)
{
	struct namespaces both = { 0 };
	struct namespace own;
	int error = namespace_open_path("/proc/self/ns/ipc", &own);

	if (!error)
		error = namespaces_add(&both, &own);
	if (!error)
		error = namespaces_add(&both, ns);
	else
		namespace_close(ns);
	if (!error)
		error = namespace_keys_find(&both, &keep->files, NULL);
	for (size_t i = 0; i < both.count && !error; i++) {
		for (size_t k = 0; k < both.items[i].kept.count && !error; k++)
			error = keep_add_key(keep, both.items[i].kept.items[k]);
		if (!error)
			error = both.items[i].kept.error;
	}
	namespaces_free(&both);
	return error;
}

/* Reads the lists. Returns false after reporting a fault. */
static bool read_lists(struct keep *keep, const struct filter *filter, const char *nothing_done)
{
	char fault[KEEPFILE_FAULT_SIZE];
	bool good = true;

	if (!filter->keep_files.count)
		good = keepfile_read_defaults(keep, fault);
	for (size_t i = 0; i < filter->keep_files.count && good; i++)
		good = keepfile_read(keep, filter->keep_files.items[i], fault);
	if (good)
		return true;
	if (!nothing_done) {
		warn("keep list %s", fault);
		return true;
	}
	fail(STATUS_FAILED, "keep list %s; %s", fault, nothing_done);
	hint("correct this, or use --ignore-keep (then no list protects anything)");
	return false;
}

enum status keep_lists_read(struct keep *keep, struct filter *filter, const char *ns,
			    const char *nothing_done)
{
	struct namespace there;
	int error;

	*keep = filter->keep;
	filter->keep = (struct keep){ 0 };
	if (!filter->ignore_keep && !read_lists(keep, filter, nothing_done))
		return STATUS_FAILED;
	if (!ns || !keep->files.count)
		return STATUS_DONE;
	error = namespace_open_named(ns, &there);
	/* without nothing_done, enter_namespace() reports that, unless it is over by then */
	if (error)
		return nothing_done ? cannot_enter_named(ns, error) : STATUS_DONE;
	error = add_keys_of(keep, &there);
	return error ? files_failed(error, nothing_done) : STATUS_DONE;
}
