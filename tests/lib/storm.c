// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * storm SHMTOOL SECONDS PROCESSES KEEPFILE: hundreds of processes of several
 * users create, attach, detach, remove, fork, exec and end at random, or are
 * killed, while "rm --orphaned --grace 0", ls, ls -J and stat --all run over
 * and over; then finds out from a log whether a segment was removed that was
 * not orphaned. KEEPFILE names the key 0x5700. To be run as root, in IPC and
 * pid namespaces of its own.
 *
 * What the log proves. Each process writes down when it last did something
 * (actor.last), and each call with the times before and after it. A line
 * "removed ID" that was read at the time B means that ID was destroyed before B. So a
 * process that logged something after B was running when rm judged and removed:
 *
 *   - the creator must not have logged anything after B;
 *   - no process that attached it successfully, and so before it was destroyed, may still
 *     have it attached after B;
 *   - the last user is the process that attached or detached last. If calls overlap in
 *     time, or a process exited with it attached, several may have been the last: not all
 *     of them may have been running after B. An earlier rm that had the segment attached, and
 *     reported that the last user is no longer on record, is itself the last user.
 *
 * A process that was reaped before that run of rm began has certainly exited. A process that
 * exits during the run proves nothing, and is counted. Furthermore, a segment that is marked
 * while an ordinary process has it attached was marked by one of the processes, never by rm;
 * rm reports what it marks, and a process with CAP_IPC_OWNER had it attached. Every segment
 * that no longer exists was removed by a process that logged it. All segments that remain
 * when all processes have exited have their owner and mode; after one more rm, only kept
 * ones remain.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif

enum {
	ACTORS = 1 << 20, /* so much can be logged */
	CREATIONS = 1 << 20,
	USES = 1 << 22,
	REMOVALS = 1 << 20,
	LINES = 1 << 20,
	PIDS = 1 << 22,

	HELD = 6,          /* a process has so many attached at most */
	RECENT = 128,      /* so many ids are there to be attached */
	KEY_KEPT = 0x5700, /* the keys after it are not kept */
	KEYS = 8,
	PATIENCE = 120, /* seconds until a run of shmtool counts as hung */
};

static const uid_t users[] = { 65534, 1, 2, 0 };

enum outcome { UNKNOWN, FAILED, DONE }; /* UNKNOWN: it was killed in between */

/* A process. */
struct actor {
	atomic_long last;   /* when it last logged anything */
	atomic_long reaped; /* when it was waited for; 0: not known */
	uid_t uid;
	int held[HELD]; /* its uses, by index, or -1 */
};

struct creation {
	int id;
	int actor;
	key_t key;
	uid_t uid;
	unsigned short mode;
	enum outcome outcome;
};

/* One attachment. */
struct use {
	int id;
	int attacher;   /* who called shmat, or fork */
	int holder;     /* the process that has it attached */
	long attach[2]; /* before and after the call; 0: never came so far */
	long detach[2];
	enum outcome outcome;
	bool seen_marked; /* by the holder, right before its detach */
};

/* IPC_RMID by one of the processes. */
struct removal {
	int id;
	enum outcome outcome;
};

/* What rm said of a segment. */
struct line {
	int id;
	enum { LINE_REMOVED, LINE_MARKED, LINE_LEFT, LINE_LAST_USER_LOST } kind;
	long begin; /* of this run of rm */
	long read;
};

static struct shared {
	atomic_bool over;
	atomic_bool full;
	atomic_int live;
	atomic_int actor_count;
	atomic_int creation_count;
	atomic_int use_count;
	atomic_int removal_count;
	atomic_int line_count;
	atomic_int recent[RECENT];
	atomic_ulong faults; /* found while it went on */
	atomic_ulong refused;
	atomic_ulong runs;
	atomic_ulong terminated;
	int processes;
	int actor_of[PIDS];
	struct actor actors[ACTORS];
	struct creation creations[CREATIONS];
	struct use uses[USES];
	struct removal removals[REMOVALS];
	struct line lines[LINES];
} * shared;

static int shared_fd;
static int me; /* this process, among the actors */

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000L + time.tv_nsec;
}

/* The next free place; where there is none, the storm is over. */
static int next(atomic_int *count, int limit)
{
	int at = atomic_fetch_add(count, 1);

	if (at < limit)
		return at;
	atomic_fetch_sub(count, 1);
	shared->full = true;
	shared->over = true;
	_exit(3);
}

static long log_now(void)
{
	long time = now();

	shared->actors[me].last = time;
	return time;
}

static int chance(int of)
{
	return (int)(random() % of);
}

static void pause_for(long nanoseconds)
{
	nanosleep(&(struct timespec){ .tv_nsec = nanoseconds }, NULL);
}

/* The many processes would starve those who watch them. */
static void go_before(int priority)
{
	if (setpriority(PRIO_PROCESS, 0, priority))
		die("storm: setpriority");
}

/* Needs no permission, and leaves no trace. */
static bool look(int id, struct shmid_ds *ds)
{
	return shmctl(id & 0x7fff, SHM_STAT_ANY, ds) == id ||
	       shmctl(id & 0xffffff, SHM_STAT_ANY, ds) == id;
}

/* --- What a process does --- */

static int new_actor(uid_t uid)
{
	int at = next(&shared->actor_count, ACTORS);
	struct actor *actor = &shared->actors[at];

	actor->uid = uid;
	for (size_t i = 0; i < HELD; i++)
		actor->held[i] = -1;
	return at;
}

static void create(void)
{
	static const unsigned short modes[] = { 0600, 0640, 0666 };
	struct creation *creation = &shared->creations[next(&shared->creation_count, CREATIONS)];
	int id;

	*creation = (struct creation){
		.id = -1,
		.actor = me,
		.key = chance(4) ? IPC_PRIVATE : KEY_KEPT + chance(KEYS),
		.uid = shared->actors[me].uid,
		.mode = modes[chance(3)],
	};
	log_now();
	id = shmget(creation->key, 4096, IPC_CREAT | IPC_EXCL | creation->mode);
	creation->id = id;
	creation->outcome = id < 0 ? FAILED : DONE;
	log_now();
	if (id >= 0)
		shared->recent[chance(RECENT)] = id;
}

static int *free_place(void)
{
	for (size_t i = 0; i < HELD; i++) {
		if (shared->actors[me].held[i] < 0)
			return &shared->actors[me].held[i];
	}
	return NULL;
}

/* The address of what is attached is where its use says, in this process. */
static void *addresses[HELD];

static bool attach(int id)
{
	int *place = free_place();
	struct use *use;
	void *memory;

	if (!place)
		return false;
	*place = next(&shared->use_count, USES);
	use = &shared->uses[*place];
	*use = (struct use){ .id = id, .attacher = me, .holder = me };
	use->attach[0] = log_now();
	memory = shmat(id, NULL, chance(2) ? 0 : SHM_RDONLY);
	use->attach[1] = log_now();
	if (memory == (void *)-1) {
		shared->refused += errno == EACCES;
		use->outcome = FAILED;
		*place = -1;
		return false;
	}
	use->outcome = DONE;
	addresses[place - shared->actors[me].held] = memory;
	return true;
}

static void detach(size_t at)
{
	int *place = &shared->actors[me].held[at];
	struct use *use;
	struct shmid_ds ds;

	if (*place < 0)
		return;
	use = &shared->uses[*place];
	use->seen_marked = look(use->id, &ds) && ds.shm_perm.mode & SHM_DEST;
	use->detach[0] = log_now();
	shmdt(addresses[at]);
	use->detach[1] = log_now();
	*place = -1;
}

static void remove_one(int id)
{
	struct removal *removal = &shared->removals[next(&shared->removal_count, REMOVALS)];

	*removal = (struct removal){ .id = id };
	log_now();
	removal->outcome = shmctl(id, IPC_RMID, NULL) < 0 ? FAILED : DONE;
	log_now();
}

/* Follows a removal through the list, and attaches what comes next in it. */
static void chase(void)
{
	int ids[RECENT];
	int count = 0;
	long end = log_now() + 5000000;
	struct shmid_ds ds;

	for (int index = chance(64); count < RECENT && index < 1024; index++) {
		int id = shmctl(index, SHM_STAT_ANY, &ds);

		if (id >= 0 && ds.shm_nattch == 0)
			ids[count++] = id;
	}
	for (int at = 0; at < count && !shared->over && now() < end;) {
		if (look(ids[at], &ds)) {
			continue;
		}
		at += 1 + chance(2);
		for (long until = now() + chance(6000); now() < until;)
			;
		if (at < count && attach(ids[at])) {
			pause_for(chance(2) ? 0 : 100000);
			for (size_t i = 0; i < HELD; i++)
				detach(i);
		}
	}
}

static void live_on(void);

/* The child inherits the attachments; the kernel records the parent as last user. */
static void fork_off(void)
{
	int child;
	struct actor *actor;
	int uses[HELD]; /* the child may detach one before they have all been noted */
	long before;
	pid_t pid;

	if (shared->live > shared->processes * 5 / 4)
		return;
	child = new_actor(shared->actors[me].uid);
	actor = &shared->actors[child];
	for (size_t i = 0; i < HELD; i++) {
		int held = shared->actors[me].held[i];

		uses[i] = held < 0 ? -1 : next(&shared->use_count, USES);
		actor->held[i] = uses[i];
		if (held >= 0)
			shared->uses[uses[i]] = (struct use){ .id = shared->uses[held].id,
							      .attacher = me,
							      .holder = child };
	}
	before = log_now();
	for (size_t i = 0; i < HELD; i++) {
		if (uses[i] >= 0)
			shared->uses[uses[i]].attach[0] = before;
	}
	shared->live++;
	pid = fork();
	if (pid == 0) {
		me = child;
		shared->actor_of[getpid()] = me;
		srandom((unsigned int)getpid() ^ (unsigned int)now());
		live_on();
	}
	if (pid < 0)
		shared->live--;
	else
		shared->actor_of[pid] = child;
	for (size_t i = 0; i < HELD; i++) {
		if (uses[i] < 0)
			continue;
		shared->uses[uses[i]].attach[1] = log_now();
		shared->uses[uses[i]].outcome = pid < 0 ? FAILED : DONE;
	}
}

static void exec_again(void)
{
	char fd[16];
	char self[16];

	snprintf(fd, sizeof(fd), "%d", shared_fd);
	snprintf(self, sizeof(self), "%d", me);
	for (size_t i = 0; i < HELD; i++) {
		if (shared->actors[me].held[i] >= 0)
			shared->uses[shared->actors[me].held[i]].detach[0] = log_now();
	}
	execl("/proc/self/exe", "storm", "--again", fd, self, (char *)NULL);
	_exit(2);
}

/* After an exec: what was attached is so no more. */
static void forget_attached(void)
{
	for (size_t i = 0; i < HELD; i++) {
		int *place = &shared->actors[me].held[i];

		if (*place >= 0)
			shared->uses[*place].detach[1] = log_now();
		*place = -1;
	}
}

static void live_on(void)
{
	while (!shared->over) {
		int id = shared->recent[chance(RECENT)];
		int what = chance(100);

		if (what < 20)
			create();
		else if (what < 50)
			attach(id);
		else if (what < 70)
			detach((size_t)chance(HELD));
		else if (what < 73)
			remove_one(id);
		else if (what < 76)
			fork_off();
		else if (what < 78)
			exec_again();
		else if (what < 80)
			chase();
		else if (what < 83)
			break;
		else
			pause_for(chance(chance(4) ? 5000000 : 100000000));
		log_now();
	}
	_exit(0);
}

/* --- Running shmtool --- */

/* What is run over and over, and by whom. */
static const struct command {
	uid_t uid;
	bool removes;
	const char *words[10];
} commands[] = {
	{ 0, true, { "rm", "--orphaned", "--grace", "0", "--keep-file", NULL } },
	{ 65534, true, { "rm", "--orphaned", "--owner", "+65534", "--grace", "0", "--keep-file" } },
	{ 0, false, { "ls" } },
	{ 65534, false, { "ls", "-J" } },
	{ 0, false, { "stat", "--all" } },
};

static const char *shmtool;
static const char *keep_file;

/* A stream of a run, cut into lines. */
struct stream {
	int fd;
	size_t length;
	char text[65536];
};

static void fault(const char *what, const char *detail)
{
	shared->faults++;
	fprintf(stderr, "storm: %s: %s\n", what, detail);
}

/* Whether the text begins so, with a number behind. */
static bool names(const char *text, const char *prefix, int *number)
{
	size_t length = strlen(prefix);
	char *end;

	if (strncmp(text, prefix, length) != 0)
		return false;
	*number = (int)strtol(text + length, &end, 10);
	return end != text + length;
}

/* The line of ids that rm prints if it was terminated while its output was not read. */
static bool add_untold(const char *text, long begin)
{
	static const char words[] = "shmtool rm: already removed (or marked for removal):";
	struct line line = { .begin = begin, .read = now(), .kind = LINE_REMOVED };

	if (strncmp(text, words, sizeof(words) - 1) != 0)
		return false;
	for (text += sizeof(words) - 1; names(text, " ", &line.id); text += strcspn(text, " ")) {
		shared->lines[next(&shared->line_count, LINES)] = line;
		text++;
	}
	return true;
}

/* Of what was last used by a process out there: see was_used_by_a_stranger() */
static bool is_about_strangers(const char *text)
{
	return strstr(text, " is in a PID namespace that is not visible here") ||
	       strstr(text, "shmtool rm: hint: run rm --orphaned on the host, ") == text;
}

static void add_line(const char *text, long begin, bool from_stderr)
{
	struct line line = { .begin = begin, .read = now() };
	bool complains = from_stderr && names(text, "shmtool rm: segment ", &line.id);

	if (from_stderr && add_untold(text, begin))
		return;
	if (from_stderr && is_about_strangers(text))
		return;
	if (!from_stderr && names(text, "removed ", &line.id))
		line.kind = LINE_REMOVED;
	else if (from_stderr &&
		 names(text, "shmtool rm: note: the last user of segment ", &line.id))
		line.kind = LINE_LAST_USER_LOST;
	else if (!from_stderr)
		return;
	else if (complains && strstr(text, "it is now marked for removal"))
		line.kind = LINE_MARKED;
	else if (complains && strstr(text, "was not removed:"))
		line.kind = LINE_LEFT;
	else {
		fault("rm said", text);
		return;
	}
	shared->lines[next(&shared->line_count, LINES)] = line;
}

/* Takes what there is to read; false at the end. */
static bool take(struct stream *stream, const struct command *command, long begin, bool from_stderr)
{
	ssize_t got = read(stream->fd, stream->text + stream->length,
			   sizeof(stream->text) - 1 - stream->length);
	char *line = stream->text;
	char *end;

	if (got <= 0)
		return false;
	stream->length += (size_t)got;
	stream->text[stream->length] = '\0';
	if (from_stderr && !command->removes)
		fault(command->words[0], stream->text);
	while ((end = strchr(line, '\n'))) {
		*end = '\0';
		if (command->removes)
			add_line(line, begin, from_stderr);
		line = end + 1;
	}
	stream->length -= (size_t)(line - stream->text);
	/* JSON is one long line, of which nothing is wanted */
	if (!command->removes)
		stream->length = 0;
	memmove(stream->text, line, stream->length);
	return true;
}

static pid_t start_command(const struct command *command, int out, int err)
{
	const char *words[12] = { shmtool };
	size_t count = 1;
	pid_t pid = fork();

	if (pid)
		return pid;
	for (; command->words[count - 1]; count++)
		words[count] = command->words[count - 1];
	if (command->removes)
		words[count] = keep_file;
	if (dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0 ||
	    setresgid(command->uid, command->uid, command->uid) ||
	    setresuid(command->uid, command->uid, command->uid))
		_exit(99);
	execv(shmtool, (char **)words);
	_exit(99);
}

static void judge_end(const struct command *command, int status, bool terminated)
{
	char text[64];
	bool good = WIFEXITED(status) &&
		    (WEXITSTATUS(status) == 0 || (command->removes && WEXITSTATUS(status) == 9));

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM && terminated) {
		shared->terminated++;
		return;
	}
	snprintf(text, sizeof(text), "status %x", (unsigned int)status);
	if (!good)
		fault(command->words[0], text);
}

/* Runs it once; its pid. Where terminate is not 0, it gets SIGTERM after so many ms at most. */
static pid_t run(const struct command *command, int terminate)
{
	static struct stream streams[2];
	struct pollfd polls[2];
	int pipes[2][2];
	long begin = now();
	long deadline = begin + PATIENCE * 1000000000L;
	int timeout = terminate ? chance(terminate) : PATIENCE * 1000;
	bool open[2] = { true, true };
	int status;
	pid_t pid;

	for (size_t i = 0; i < 2; i++) {
		if (pipe2(pipes[i], O_CLOEXEC))
			die("storm: pipe");
		streams[i] = (struct stream){ .fd = pipes[i][0] };
		polls[i] = (struct pollfd){ .fd = pipes[i][0], .events = POLLIN };
	}
	pid = start_command(command, pipes[0][1], pipes[1][1]);
	if (pid < 0)
		die("storm: fork");
	close(pipes[0][1]);
	close(pipes[1][1]);
	while (open[0] || open[1]) {
		if (poll(polls, 2, timeout) == 0 && terminate && timeout < PATIENCE * 1000) {
			kill(pid, SIGTERM);
			timeout = PATIENCE * 1000;
		}
		for (size_t i = 0; i < 2; i++) {
			if (polls[i].revents && !take(&streams[i], command, begin, i)) {
				open[i] = false;
				polls[i].fd = -1;
			}
		}
		if (now() > deadline) {
			fault(command->words[0], "hangs");
			kill(pid, SIGKILL);
		}
	}
	for (size_t i = 0; i < 2; i++)
		close(pipes[i][0]);
	if (waitpid(pid, &status, 0) != pid)
		die("storm: waitpid");
	judge_end(command, status, terminate != 0);
	shared->runs++;
	return pid;
}

static void run_over_and_over(const struct command *command)
{
	srandom((unsigned int)getpid());
	while (!shared->over) {
		run(command, command->removes && chance(4) == 0 ? 20 : 0);
		/* what ended before a run began is proven to have been gone */
		if (chance(2))
			pause_for(chance(50000000));
	}
	_exit(0);
}

/* --- The processes come and go --- */

static pid_t *pids;

static pid_t start_process(void)
{
	uid_t uid = users[chance(sizeof(users) / sizeof(users[0]))];
	int actor = new_actor(uid);
	pid_t pid = fork();

	if (pid < 0)
		die("storm: fork");
	if (pid == 0) {
		me = actor;
		shared->actor_of[getpid()] = me;
		go_before(0);
		if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
			_exit(2);
		srandom((unsigned int)getpid() ^ (unsigned int)now());
		live_on();
	}
	shared->actor_of[pid] = actor;
	shared->live++;
	return pid;
}

static void note_end(pid_t pid)
{
	struct actor *actor = &shared->actors[shared->actor_of[pid]];

	if (actor == shared->actors)
		return; /* none of the processes */
	if (!actor->reaped)
		actor->reaped = now();
	shared->live--;
	for (int i = 0; i < shared->processes; i++) {
		if (pids[i] == pid)
			pids[i] = 0;
	}
}

/* Fills up, kills one now and then, and waits for those that ended. */
static void keep_going(long end)
{
	while (now() < end && !shared->over) {
		int victim = chance(shared->processes);
		pid_t pid;

		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			note_end(pid);
		for (int i = 0; i < shared->processes; i++) {
			if (!pids[i] && shared->live < shared->processes)
				pids[i] = start_process();
		}
		if (pids[victim])
			kill(pids[victim], SIGKILL);
		pause_for(2000000);
	}
	shared->over = true;
}

static void end_all(const pid_t *runners, size_t count)
{
	pid_t pid;
	int status;

	for (size_t i = 0; i < count; i++) {
		if (waitpid(runners[i], &status, 0) != runners[i] || status)
			fault(commands[i].words[0], "could not be run any longer");
	}
	/* all remaining processes are in this PID namespace */
	kill(-1, SIGKILL);
	while ((pid = waitpid(-1, NULL, 0)) > 0)
		note_end(pid);
}

/* --- What the log says --- */

static unsigned long violations;
static unsigned long proven;
static unsigned long undecided;

static void violation(const char *what, int id)
{
	violations++;
	if (violations <= 20)
		fprintf(stderr, "storm: segment %d: %s\n", id, what);
}

/* Each of the records begins with the id. */
static int by_id(const void *a, const void *b)
{
	const int *one = a;
	const int *other = b;

	return (*one > *other) - (*one < *other);
}

/* The records of this id in a sorted array; sets *count. */
static const void *find(int id, const void *records, int total, size_t size, size_t *count)
{
	const char *base = records;
	size_t low = 0;
	size_t high = (size_t)total;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (by_id(base + middle * size, &id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (*count = 0; low + *count < (size_t)total; ++*count) {
		if (by_id(base + (low + *count) * size, &id) != 0)
			break;
	}
	return base + low * size;
}

#define FIND(id, what, count) \
	find(id, shared->what##s, shared->what##_count, sizeof(shared->what##s[0]), count)

static bool lived_after(int actor, long time)
{
	return shared->actors[actor].last > time;
}

static bool ended_before(int actor, long time)
{
	return shared->actors[actor].reaped && shared->actors[actor].reaped < time;
}

/* Who may have been last, and when; it only grows. */
struct last {
	long begin; /* of the call that began last */
	bool all_alive;
	bool all_gone;
};

struct call {
	int actor;
	long begin;
	long end;
};

/* The two calls of a use; those that are not known to have ended may be the last of all. */
static void calls_of(const struct use *use, struct call calls[2])
{
	long left = shared->actors[use->holder].last;

	calls[0] = (struct call){ use->attacher, use->attach[0],
				  use->attach[1] ? use->attach[1] : LONG_MAX };
	calls[1] = (struct call){ use->holder, use->detach[0] ? use->detach[0] : left,
				  use->detach[1] ? use->detach[1] : LONG_MAX };
}

/* The rules for the last user of a segment that was removed. */
static void judge_users(const struct line *line, struct last *last)
{
	size_t count;
	const struct use *uses = FIND(line->id, use, &count);
	struct call calls[2];

	for (size_t i = 0; i < count; i++) {
		calls_of(&uses[i], calls);
		for (size_t j = 0; j < 2 && uses[i].outcome != FAILED; j++) {
			if (calls[j].begin > last->begin)
				last->begin = calls[j].begin;
		}
	}
	for (size_t i = 0; i < count; i++) {
		calls_of(&uses[i], calls);
		for (size_t j = 0; j < 2 && uses[i].outcome != FAILED; j++) {
			if (calls[j].end < last->begin)
				continue;
			last->all_alive &= lived_after(calls[j].actor, line->read);
			last->all_gone &= ended_before(calls[j].actor, line->begin);
		}
		if (uses[i].outcome == DONE && calls[1].begin > line->read)
			violation("removed while it was attached", line->id);
	}
}

/*
 * Whether another run of rm had the segment attached after its last use by a process, as far
 * as the log shows, and reported that.
 */
static bool last_user_was_lost(const struct line *line, const struct last *last)
{
	size_t count;
	const struct line *lines = FIND(line->id, line, &count);

	for (size_t i = 0; i < count; i++) {
		if (lines[i].kind == LINE_LAST_USER_LOST && lines[i].begin < line->read &&
		    last->begin < lines[i].read)
			return true;
	}
	return false;
}

static void judge_removed(const struct line *line)
{
	size_t count;
	size_t removed;
	const struct creation *creation = FIND(line->id, creation, &count);
	const struct removal *removals = FIND(line->id, removal, &removed);
	struct last last = { .all_alive = true, .all_gone = true };

	if (!count)
		return; /* its creator was killed before it wrote down the id; see count_strangers */
	if (creation->key == KEY_KEPT)
		violation("removed though it is kept", line->id);
	for (size_t i = 0; i < removed; i++) {
		if (removals[i].outcome == DONE)
			violation("removed twice", line->id);
	}
	judge_users(line, &last);
	if (lived_after(creation->actor, line->read))
		violation("removed while its creator lived", line->id);
	else if (last.begin && last.all_alive && !last_user_was_lost(line, &last))
		violation("removed while its last user lived", line->id);
	else if (last.all_gone && ended_before(creation->actor, line->begin))
		proven++;
	else
		undecided++;
}

static bool removed_by_a_process(int id)
{
	size_t count;
	const struct removal *removals = FIND(id, removal, &count);

	for (size_t i = 0; i < count; i++) {
		if (removals[i].outcome != FAILED)
			return true;
	}
	return false;
}

static const struct line *told(int id)
{
	size_t count;
	const struct line *lines = FIND(id, line, &count);

	for (size_t i = 0; i < count; i++) {
		if (lines[i].kind == LINE_REMOVED || lines[i].kind == LINE_MARKED)
			return &lines[i];
	}
	return NULL;
}

static bool is_root(int actor)
{
	return shared->actors[actor].uid == 0;
}

static void judge_marked_use(const struct use *use)
{
	const struct line *line = told(use->id);

	if (!use->seen_marked || removed_by_a_process(use->id))
		return;
	if (!is_root(use->holder))
		violation("marked while an ordinary process had it attached", use->id);
	else if (!line || line->kind != LINE_MARKED)
		violation("marked while it was attached, and not said", use->id);
}

/* Only a privileged process can have got in. */
static void judge_marked_line(const struct line *line)
{
	size_t count;
	const struct use *uses = FIND(line->id, use, &count);

	for (size_t i = 0; i < count; i++) {
		if (uses[i].outcome != FAILED && is_root(uses[i].attacher))
			return;
	}
	violation("marked, and no privileged process attached it", line->id);
}

static void judge_creation(const struct creation *creation)
{
	struct shmid_ds ds;

	if (creation->outcome == DONE && !look(creation->id, &ds) && !told(creation->id) &&
	    !removed_by_a_process(creation->id))
		violation("no longer exists, and no process logged its removal", creation->id);
}

#define SORT(what) \
	qsort(shared->what##s, (size_t)shared->what##_count, sizeof(shared->what##s[0]), by_id)

/* Each id that rm reports was created by a process that logged it, or was killed before. */
static void count_strangers(void)
{
	int unknown = 0;
	int strangers = 0;
	size_t count;

	for (int i = 0; i < shared->creation_count; i++) {
		unknown += shared->creations[i].outcome == UNKNOWN;
		if (i && shared->creations[i].id == shared->creations[i - 1].id &&
		    shared->creations[i].outcome == DONE)
			violation("an id came twice, and the log proves nothing",
				  shared->creations[i].id);
	}
	for (int i = 0; i < shared->line_count; i++) {
		FIND(shared->lines[i].id, creation, &count);
		strangers += !count;
	}
	if (strangers > unknown)
		violation("and others: removed, and never made", -1);
}

static void judge_log(void)
{
	SORT(creation);
	SORT(use);
	SORT(removal);
	SORT(line);
	count_strangers();
	for (int i = 0; i < shared->line_count; i++) {
		if (shared->lines[i].kind == LINE_REMOVED)
			judge_removed(&shared->lines[i]);
		if (shared->lines[i].kind == LINE_MARKED)
			judge_marked_line(&shared->lines[i]);
	}
	for (int i = 0; i < shared->use_count; i++)
		judge_marked_use(&shared->uses[i]);
	for (int i = 0; i < shared->creation_count; i++)
		judge_creation(&shared->creations[i]);
}

/* --- What is left --- */

/* Calls judge for all segments there are; how many there are. */
static unsigned int for_each_left(void (*judge)(int, const struct shmid_ds *))
{
	struct shmid_ds ds;
	unsigned int count = 0;

	for (int index = 0; index < 32768; index++) {
		int id = shmctl(index, SHM_STAT_ANY, &ds);

		if (id < 0)
			continue;
		judge(id, &ds);
		count++;
	}
	return count;
}

/* No segment may stay blocked after the run of rm. */
static void has_its_rights(int id, const struct shmid_ds *ds)
{
	for (int i = 0; i < shared->creation_count; i++) {
		const struct creation *creation = &shared->creations[i];

		if (creation->outcome != DONE || creation->id != id)
			continue;
		if ((ds->shm_perm.mode & 0777) != creation->mode ||
		    ds->shm_perm.uid != creation->uid)
			violation("its mode or owner is not what it was", id);
	}
}

static bool any_attached;

static void note_attached(int id, const struct shmid_ds *ds)
{
	(void)id;
	any_attached |= ds->shm_nattch > 0;
}

/*
 * Who looks at the memory map of a process (lsof, say) keeps it for a moment
 * longer than the process, with what it had attached.
 */
static void wait_for_last_detach(void)
{
	long deadline = now() + PATIENCE * 1000000000L;

	do {
		any_attached = false;
		for_each_left(note_attached);
		pause_for(any_attached ? 1000000 : 0);
	} while (any_attached && now() < deadline);
}

static pid_t last_rm;
static unsigned int unseen_users; /* last users that are none of the processes */

/*
 * Whether the last user is none of the processes. Who reads /proc/PID/stat or the
 * memory map of one that ends (ps or lsof, out there) may be the last to have that
 * map, detaches what was attached, and so becomes the last user.
 */
static bool was_used_by_a_stranger(const struct shmid_ds *ds)
{
	if (ds->shm_lpid)
		return !shared->actor_of[ds->shm_lpid];
	return ds->shm_atime || ds->shm_dtime;
}

static bool is_excused(const struct shmid_ds *ds)
{
	/* a recorded process may have had the pid that this rm has got again */
	return ds->shm_perm.__key == KEY_KEPT || ds->shm_cpid == last_rm ||
	       ds->shm_lpid == last_rm || was_used_by_a_stranger(ds);
}

static void is_kept(int id, const struct shmid_ds *ds)
{
	unseen_users += was_used_by_a_stranger(ds);
	if (is_excused(ds))
		return;
	violation("left over", id);
	fprintf(stderr, "storm: mode %o, %lu attached, creator %d, last user %d\n",
		(unsigned int)ds->shm_perm.mode, (unsigned long)ds->shm_nattch, ds->shm_cpid,
		ds->shm_lpid);
}

/* --- All of it --- */

static void map_shared(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, shared_fd, 0);
	if (shared == MAP_FAILED)
		die("storm: mmap");
}

static unsigned long count_lines(int kind)
{
	unsigned long count = 0;

	for (int i = 0; i < shared->line_count; i++)
		count += (int)shared->lines[i].kind == kind;
	return count;
}

static void print_tally(unsigned int leaks, unsigned int kept)
{
	unsigned long attached = 0;

	for (int i = 0; i < shared->use_count; i++)
		attached += shared->uses[i].outcome == DONE;
	printf("processes=%d created=%d attached=%lu refused=%lu runs=%lu terminated=%lu "
	       "removed=%lu proven=%lu undecided=%lu left=%lu marked=%lu leaks=%u kept=%u unseen=%u "
	       "violations=%lu faults=%lu\n",
	       shared->actor_count, shared->creation_count, attached, shared->refused, shared->runs,
	       shared->terminated, count_lines(LINE_REMOVED), proven, undecided,
	       count_lines(LINE_LEFT), count_lines(LINE_MARKED), leaks, kept, unseen_users,
	       violations, shared->faults);
}

int main(int argc, char **argv)
{
	enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };
	pid_t runners[COMMANDS];
	unsigned int leaks;
	unsigned int kept;

	if (argc == 4 && strcmp(argv[1], "--again") == 0) {
		shared_fd = (int)strtol(argv[2], NULL, 10);
		me = (int)strtol(argv[3], NULL, 10);
		map_shared();
		forget_attached();
		srandom((unsigned int)getpid() ^ (unsigned int)now());
		live_on();
	}
	if (argc != 5 || getpid() != 1)
		return 2;
	shmtool = argv[1];
	keep_file = argv[4];
	/* not the keep list of the user who runs the tests */
	setenv("HOME", "/nonexistent", 1);
	unsetenv("XDG_CONFIG_HOME");
	shared_fd = memfd_create("storm", 0);
	if (shared_fd < 0 || ftruncate(shared_fd, sizeof(*shared)))
		die("storm: memfd");
	map_shared();
	shared->processes = (int)strtol(argv[3], NULL, 10);
	/* a dummy: index 0 means that a pid is not known */
	new_actor(0);
	pids = calloc((size_t)shared->processes, sizeof(*pids));
	if (!pids || shared->processes <= 0)
		return 2;
	go_before(-10);
	for (size_t i = 0; i < COMMANDS; i++) {
		runners[i] = fork();
		if (runners[i] < 0)
			die("storm: fork");
		if (runners[i] == 0)
			run_over_and_over(&commands[i]);
	}
	keep_going(now() + strtol(argv[2], NULL, 10) * 1000000000L);
	end_all(runners, COMMANDS);

	wait_for_last_detach();
	leaks = for_each_left(has_its_rights);
	last_rm = run(&commands[0], 0);
	kept = for_each_left(is_kept);
	judge_log();
	if (shared->full)
		violation("the log was too small", -1);
	print_tally(leaks - kept, kept);
	return violations || shared->faults;
}
