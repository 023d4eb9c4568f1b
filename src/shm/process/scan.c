/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/process/child.h"
#include "shm/process/procfs.h"
#include "shm/system/array.h"
#include "shm/system/clock.h"
#include "shm/system/intmap.h"
#include "shm/system/procfile.h"

/*
 * In ticks (workers.h). A scan waits half a second for the processes of the first user that do
 * not answer at once, and less for those of each further one, until that was two seconds in all.
 * From then on it looks at root's processes only, for at most two seconds more.
 */
enum { FIRST_PATIENCE = 50, ALL_PATIENCE = 200, LAST_PATIENCE = 400 };

/*
 * How much processor time the processes of a user may cost in all scans, in microseconds: each may
 * have tens of thousands of mappings and threads. To look at a process usually costs less than
 * QUICK.
 */
enum { USER_TIME = 10000000, QUICK = 2000, SECOND = 1000000 };

/* What the worker reports for each second that a user's processes have cost. */
enum { SECOND_SPENT = EDQUOT };

/*
 * How much a single process may cost, in milliseconds: one system call can take half a minute,
 * such as to read a list of mounts of which none is below the root directory of the process.
 */
enum { PROCESS_TIME = 5000 };

/*
 * How often to look at the processes that came in the meantime. A program that becomes a daemon
 * has another process each time, and each look takes a few milliseconds.
 */
enum { LATE_PASSES = 5 };

/* What the worker notes before each look. The user is known then even if the process is killed. */
struct noted {
	atomic_size_t item;
	_Atomic uid_t user;
};

/* A scan in progress. */
struct pass {
	struct scan *scan;
	struct scan_losses *losses;
	struct scan_losses own; /* used if the caller passes none */
	size_t item;            /* the process that the worker looks at, */
	unsigned int waited;    /* and for how many ticks it was blocked there */
	int64_t used;           /* processor time of the worker before it, in milliseconds */
	struct noted *noted;    /* shared with the worker */
	int late;               /* passes so far for those that come during the scan */
	int error;

	struct pids {
		pid_t *items;
		size_t count;
		size_t capacity;
	} pids;
};

static int add_pid(struct pids *pids, pid_t pid)
{
	int error = ARRAY_MAKE_ROOM(pids);

	if (!error)
		pids->items[pids->count++] = pid;
	return error;
}

/* Lists the processes, in the order in which /proc has them: ascending. */
static int list_processes(struct pids *pids)
{
	const struct dirent *entry;
	DIR *processes = opendir("/proc");
	int error = 0;

	if (!processes)
		return errno;
	while (!error && (errno = 0, entry = readdir(processes))) {
		pid_t pid = process_number(entry->d_name);

		if (pid)
			error = add_pid(pids, pid);
	}
	if (!error)
		error = errno; /* of readdir(3), if it failed */
	closedir(processes);
	if (!error && !pids->count)
		error = ENOENT; /* a mounted /proc has at least this process */
	return error;
}

/* Root's processes are trusted, and matter. (uid_t)-1: it has exited. */
static bool is_trusted(uid_t uid)
{
	return uid == 0 || uid == (uid_t)-1;
}

static struct slow_user *find_slow(const struct scan_losses *losses, uid_t uid)
{
	for (size_t i = 0; i < losses->user_count; i++) {
		if (uid >= losses->users[i].range.first && uid <= losses->users[i].range.last)
			return &losses->users[i];
	}
	return NULL;
}

/* Finds or adds this user. NULL: it is trusted, or there is no memory for it. */
static struct slow_user *slow_user(struct scan_losses *losses, uid_t uid)
{
	struct slow_user *user = find_slow(losses, uid);

	if (user || is_trusted(uid) ||
	    array_make_room(&losses->users, losses->user_count, &losses->user_capacity,
			    sizeof(*losses->users)))
		return user;
	user = &losses->users[losses->user_count++];
	*user = (struct slow_user){ .range = subuid_range(uid) };
	return user;
}

/* Whether to skip a process, since others of its user, or too many, did not answer in time. */
static bool is_skipped(const struct scan_losses *losses, pid_t pid, uid_t uid)
{
	const struct slow_user *user;

	for (size_t i = 0; i < losses->silent_count; i++) {
		if (losses->silent[i].pid == pid && losses->silent[i].uid == uid)
			return true;
	}
	if (losses->waited >= ALL_PATIENCE && !is_trusted(uid))
		return true;
	user = find_slow(losses, uid);
	return user && user->skipped;
}

void scan_trust_again(struct scan_losses *losses)
{
	size_t left = 0;

	for (size_t i = 0; i < losses->silent_count; i++) {
		if (worker_is_abandoned(losses->silent[i].child))
			losses->silent[left++] = losses->silent[i];
	}
	losses->silent_count = left;
	if (!left) {
		scan_losses_free(losses);
		return;
	}
	losses->waited = 0;
	for (size_t i = 0; i < losses->user_count; i++) {
		losses->users[i].waited = 0;
		losses->users[i].spent = 0;
		losses->users[i].skipped = false;
	}
	for (size_t i = 0; i < left; i++) {
		struct slow_user *user = find_slow(losses, losses->silent[i].uid);

		if (user)
			user->skipped = true;
	}
}

void scan_losses_free(struct scan_losses *losses)
{
	free(losses->users);
	*losses = (struct scan_losses){ 0 };
}

/* Notes what a user's processes have cost, and skips the others if that was too much. */
static void charge(struct slow_user *user, int64_t time)
{
	if (!user)
		return;
	user->spent += time;
	user->skipped |= user->spent >= USER_TIME;
}

/*
 * In the worker. Quick looks count once they add up, for the user of the last one: the user with
 * most of them pays for most.
 */
static int look_and_charge(const struct worker *worker, const struct pass *pass, pid_t pid,
			   uid_t uid, int process)
{
	static int64_t spent;
	const int64_t begin = processor_us();
	int error = pass->scan->look(worker, pass->scan->context, pid, process);
	struct slow_user *user;

	if (!is_trusted(uid))
		spent += processor_us() - begin;
	user = spent < QUICK ? NULL : slow_user(pass->losses, uid);
	if (!user)
		return error;
	/* the parent must know it for other workers and scans */
	for (int64_t i = user->spent / SECOND;
	     worker->is_child && i < (user->spent + spent) / SECOND; i++)
		worker_fail(worker, SECOND_SPENT);
	charge(user, spent);
	spent = 0;
	return error;
}

static bool has_exited(int error)
{
	return error == ESRCH || error == ENOENT;
}

static enum worker_result look(struct worker *worker, void *context, size_t item)
{
	const struct pass *pass = context;
	const pid_t pid = pass->pids.items[item];
	int files[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, worker->socket };
	struct stat status = { 0 };
	char path[32];
	int process;
	int error = 0;

	/* if not even SIGKILL ends it, no namespace should stay open with it */
	if (worker->is_fresh)
		child_keep_files(files, sizeof(files) / sizeof(files[0]));
	snprintf(path, sizeof(path), "/proc/%d", pid);
	process = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (process < 0 || fstat(process, &status) < 0)
		error = errno;
	if (!error) {
		/* the owner is the user: see process_user() */
		atomic_store(&pass->noted->user, status.st_uid);
		atomic_store(&pass->noted->item, item);
		if (worker->is_starved || is_skipped(pass->losses, pid, status.st_uid))
			error = ETIMEDOUT;
		else
			error = look_and_charge(worker, pass, pid, status.st_uid, process);
	}
	if (error && (pass->scan->late || !has_exited(error)))
		worker_fail(worker, error);
	if (process >= 0)
		close(process);
	return WORKER_CONTINUES;
}

uid_t scan_blamed(const struct worker *worker)
{
	const struct pass *pass = worker->workers->context;

	return atomic_load(&pass->noted->user);
}

void scan_blame(const struct worker *worker, uid_t uid)
{
	const struct pass *pass = worker->workers->context;

	atomic_store(&pass->noted->user, uid);
}

int scan_read_locked(const struct worker *worker, int process, const char *name, char *text,
		     size_t size)
{
	const uid_t uid = scan_blamed(worker);
	int error;

	scan_blame(worker, (uid_t)-1);
	error = file_read_at(process, name, text, size, NULL);
	scan_blame(worker, uid);
	return error;
}

/* The user of a process, even if it has been killed since it was noted, and its pid reused. */
static uid_t user_of(const struct pass *pass, size_t item)
{
	return atomic_load(&pass->noted->item) == item ? atomic_load(&pass->noted->user)
						       : process_user(pass->pids.items[item]);
}

static void take(void *context, size_t item, const void *message, size_t size, int fd)
{
	struct pass *pass = context;
	int error =
		pass->scan->take(pass->scan->context, pass->pids.items[item], message, size, fd);

	if (error && !pass->error)
		pass->error = error;
}

static void lose(struct pass *pass, size_t item)
{
	struct scan *scan = pass->scan;

	scan->lost++;
	if (scan->lost_pids && intmap_add(scan->lost_pids, (uint32_t)pass->pids.items[item], pass))
		pass->error = ENOMEM;
}

static void failed(void *context, size_t item, int error)
{
	struct pass *pass = context;

	if (error == SECOND_SPENT)
		charge(slow_user(pass->losses, user_of(pass, item)), SECOND);
	else if (has_exited(error)) /* or it is a zombie: it is looked at twice, not in each pass */
		pass->pids.items[item] = pass->late ? pass->pids.items[item] : 0;
	else if (error == EACCES || error == EPERM) {
		if (!pass->scan->hidden++)
			pass->scan->first_hidden = pass->pids.items[item];
	} else if (error == ETIMEDOUT || error == ETIME) {
		lose(pass, item);
		if (error == ETIME && !pass->scan->silent)
			pass->scan->silent = pass->pids.items[item];
	} else if (!pass->error)
		pass->error = error;
}

/*
 * How long to wait for the processes of a user: less, the more was waited for others. At least
 * two ticks: one may be bad luck.
 */
static unsigned int patience(unsigned int waited)
{
	unsigned int left = waited < ALL_PATIENCE ? ALL_PATIENCE - waited : 0;
	unsigned int next = FIRST_PATIENCE * left / ALL_PATIENCE;

	return next > 2 ? next : 2;
}

static bool give_up(void *context, size_t item, bool blocked, int64_t used)
{
	struct pass *pass = context;
	struct scan_losses *losses = pass->losses;
	struct slow_user *user;

	if (pass->error)
		return true;
	if (item != pass->item || used < pass->used) {
		pass->waited = 0;
		pass->used = used;
	}
	pass->item = item;
	if (!blocked)
		return used - pass->used >= PROCESS_TIME;
	pass->waited++;
	user = slow_user(losses, user_of(pass, item));
	if (!user)
		return pass->waited >= patience(losses->waited);
	losses->waited++;
	user->waited++;
	return user->waited >= patience(losses->waited - user->waited);
}

/* Skips the user's other processes only if the worker was given up: anyone may have killed it. */
static bool lost(void *context, size_t item, int signal, pid_t stuck)
{
	struct pass *pass = context;
	struct scan_losses *losses = pass->losses;
	const pid_t pid = pass->pids.items[item];
	const uid_t uid = user_of(pass, item);
	const uid_t now = process_user(pid);
	struct slow_user *user = slow_user(losses, uid);

	if (pass->error)
		return false;
	if (signal)
		losses->waited += patience(losses->waited);
	else if (user)
		user->skipped = true;
	else
		losses->waited += pass->waited;
	pass->waited = 0;
	if (stuck && losses->silent_count < WORKERS_ABANDONED_MOST)
		losses->silent[losses->silent_count++] = (struct silent){ pid, uid, stuck };
	/* not if someone killed the worker, or if another process has its pid now */
	if (!signal && !pass->scan->silent && (now == uid || now == (uid_t)-1))
		pass->scan->silent = pid;
	lose(pass, item);
	pass->scan->ended = losses->waited >= ALL_PATIENCE;
	if (losses->waited < LAST_PATIENCE)
		return true;
	/* GCOVR_EXCL_START: rarely: hundreds of root's processes do not answer */
	while (++item < pass->pids.count)
		lose(pass, item);
	return false;
	/* GCOVR_EXCL_STOP */
}

static void begin(struct pass *pass)
{
	pass->losses = pass->scan->losses ? pass->scan->losses : &pass->own;
	pass->scan->hidden = pass->scan->lost = 0;
	pass->scan->silent = 0;
	pass->scan->ended = false;
}

static int end(struct pass *pass, int error)
{
	free(pass->pids.items);
	scan_losses_free(&pass->own);
	return error ? error : pass->error;
}

static int run(struct pass *pass)
{
	const struct workers workers = {
		.count = pass->pids.count,
		.work = look,
		.take = take,
		.failed = failed,
		.lost = lost,
		.give_up = give_up,
		.context = pass,
	};
	int error;

	if (pass->losses->waited >= LAST_PATIENCE) {
		/* GCOVR_EXCL_START: rarely: an earlier scan waited so long */
		for (size_t i = 0; i < pass->pids.count; i++)
			lose(pass, i);
		return 0;
		/* GCOVR_EXCL_STOP */
	}
	if (pass->error)
		return 0;
	pass->waited = 0;
	pass->noted = shared_memory(sizeof(*pass->noted));
	if (!pass->noted)
		return ENOMEM;
	atomic_store(&pass->noted->item, SIZE_MAX);
	error = workers_run(&workers);
	munmap(pass->noted, sizeof(*pass->noted));
	return error;
}

/*
 * Lists the processes that were not looked at so far: new ones, and those that had exited, or only
 * seemed so. seen: those that were looked at. Returns 0 or an errno value.
 */
static int list_others(struct pass *pass, struct intmap *seen)
{
	struct pids *pids = &pass->pids;
	size_t kept = 0;
	int error = 0;

	for (size_t i = 0; i < pids->count && !error; i++) {
		if (pids->items[i])
			error = intmap_add(seen, (uint32_t)pids->items[i], pass);
	}
	pids->count = 0;
	if (!error)
		error = list_processes(pids);
	for (size_t i = 0; i < pids->count && !error; i++) {
		if (!intmap_get(seen, (uint32_t)pids->items[i]))
			pids->items[kept++] = pids->items[i];
	}
	pids->count = kept;
	return error;
}

int scan_all(struct scan *scan)
{
	struct pass pass = { .scan = scan };
	struct intmap seen = { 0 };
	int error;

	begin(&pass);
	pass.error = list_processes(&pass.pids);
	error = run(&pass);
	while (scan->late && pass.late++ < LATE_PASSES && !error && !pass.error) {
		error = list_others(&pass, &seen);
		if (!error && !pass.pids.count)
			break;
		if (!error)
			error = run(&pass);
	}
	intmap_free(&seen, NULL);
	return end(&pass, error);
}

int scan_list(struct scan *scan, const pid_t *pids, size_t count)
{
	struct pass pass = { .scan = scan };

	for (size_t i = 0; i < count && !pass.error; i++)
		pass.error = add_pid(&pass.pids, pids[i]);
	begin(&pass);
	return end(&pass, run(&pass));
}
