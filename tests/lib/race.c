// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * race SHMTOOL COUNT: lets two ordinary processes attach segments while
 * "SHMTOOL rm --orphaned --grace 0" removes them, until COUNT are removed, and
 * fails if one was marked for removal while it was attached.
 *
 * The segments belong to an ordinary user, and so do the attachers. In each
 * round a process makes what is missing in the pool and ends; rm runs, as root
 * and as that user in turn; the attachers follow it through the list: when a segment is
 * blocked, they attach one of the next ones a moment later, when rm is working on it. They
 * exit with the round, so that the segments that they had attached are orphaned in the next.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif

enum {
	POOL = 200,
	ATTACHERS = 2,
	ORDINARY = 65534,
	MODE = 0600,
	AHEAD = 4,      /* attach at most this many segments after the blocked one */
	DELAY = 3000,   /* at most this long after that, in nanoseconds */
	HOLD = 30000,   /* keep it attached for this long, in nanoseconds */
	FRUITLESS = 100 /* give up after this many rounds in a row without a removal */
};

struct tally {
	unsigned long attached;
	unsigned long refused;
	unsigned long marked; /* while attached: what must never be */
};

/* What all of the processes see. */
static struct {
	atomic_bool over;               /* this round is */
	atomic_bool was_attached[POOL]; /* in this round */
	int ids[POOL];
	size_t count;
	struct tally tallies[ATTACHERS];
} * shared;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void become_ordinary(void)
{
	if (setresgid(ORDINARY, ORDINARY, ORDINARY) || setresuid(ORDINARY, ORDINARY, ORDINARY))
		die("race: setresuid");
}

static pid_t start(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("race: fork");
	return pid;
}

static int wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		die("race: waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000L + time.tv_nsec;
}

/* Needs no permission, and leaves no trace. */
static bool look(int id, struct shmid_ds *ds)
{
	return shmctl(id & 0x7fff, SHM_STAT_ANY, ds) == id ||
	       shmctl(id & 0xffffff, SHM_STAT_ANY, ds) == id;
}

/* --- The attachers --- */

static void attach_one(size_t at, struct tally *tally)
{
	void *memory = shmat(shared->ids[at], NULL, 0);
	struct shmid_ds ds;
	bool marked = false;

	if (memory == (void *)-1) {
		tally->refused++;
		return;
	}
	shared->was_attached[at] = true;
	for (long end = now() + HOLD; !marked && now() < end;)
		marked = look(shared->ids[at], &ds) && ds.shm_perm.mode & SHM_DEST;
	tally->attached++;
	tally->marked += marked;
	shmdt(memory);
}

/* Skips segments that were attached in this round: rm is not working there. */
static size_t next_untouched(size_t at)
{
	while (at < shared->count && shared->was_attached[at])
		at++;
	return at;
}

static void attach_in_its_way(struct tally *tally)
{
	struct shmid_ds ds;
	size_t at = next_untouched(0);

	while (!shared->over && at < shared->count) {
		if (shared->was_attached[at]) {
			at = next_untouched(at);
		} else if (!look(shared->ids[at], &ds) || !(ds.shm_perm.mode & 0777)) {
			at = next_untouched(at + 1 + (size_t)random() % AHEAD);
			for (long end = now() + random() % DELAY; now() < end;)
				;
			if (at < shared->count)
				attach_one(at, tally);
		}
	}
}

static void start_attachers(pid_t *attachers)
{
	pid_t parent = getpid();

	shared->over = false;
	for (size_t i = 0; i < POOL; i++)
		shared->was_attached[i] = false;
	for (size_t i = 0; i < ATTACHERS; i++) {
		attachers[i] = start();
		if (attachers[i])
			continue;
		become_ordinary();
		/* not before: setresuid(2) undoes it */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(2);
		srandom((unsigned int)getpid());
		attach_in_its_way(&shared->tallies[i]);
		_exit(0);
	}
}

static void end_attachers(const pid_t *attachers)
{
	shared->over = true;
	for (size_t i = 0; i < ATTACHERS; i++) {
		if (wait_for(attachers[i]))
			die("race: an attacher failed");
	}
}

/* --- The segments --- */

/* Reads the kernel's list into shared->ids; the number of those that lost their mode. */
static unsigned long read_list(void)
{
	FILE *list = fopen("/proc/sysvipc/shm", "re");
	unsigned long lost = 0;
	char line[512];

	if (!list || !fgets(line, sizeof(line), list))
		die("race: /proc/sysvipc/shm");
	shared->count = 0;
	while (shared->count < POOL && fgets(line, sizeof(line), list)) {
		char *at = line;

		/* key, id, mode */
		strtol(at, &at, 10);
		shared->ids[shared->count++] = (int)strtol(at, &at, 10);
		lost += strtoul(at, &at, 8) != MODE;
	}
	fclose(list);
	return lost;
}

static void fill_pool(void)
{
	pid_t pid = start();

	if (pid == 0) {
		become_ordinary();
		for (size_t i = shared->count; i < POOL; i++) {
			if (shmget(IPC_PRIVATE, 4096, IPC_CREAT | MODE) < 0)
				die("race: shmget");
		}
		_exit(0);
	}
	if (wait_for(pid))
		exit(2);
	read_list();
}

/* --- The remover --- */

/* Runs rm. Returns the number of segments that it reports as not removed. */
static unsigned long run_rm(const char *shmtool, bool as_root, FILE *errors)
{
	unsigned long left = 0;
	char line[512];
	pid_t pid;
	int status;

	rewind(errors);
	if (ftruncate(fileno(errors), 0))
		die("race: ftruncate");
	pid = start();
	if (pid == 0) {
		if (!as_root)
			become_ordinary();
		/* not the keep list of the user who runs the tests */
		setenv("HOME", "/nonexistent", 1);
		unsetenv("XDG_CONFIG_HOME");
		if (!freopen("/dev/null", "w", stdout) || dup2(fileno(errors), STDERR_FILENO) < 0)
			_exit(2);
		execl(shmtool, shmtool, "rm", "--orphaned", "--grace", "0", (char *)NULL);
		_exit(2);
	}
	status = wait_for(pid);
	rewind(errors);
	while (fgets(line, sizeof(line), errors)) {
		left += strstr(line, "was not removed") != NULL;
		if (strstr(line, "marked") || (status != 0 && status != 9))
			fprintf(stderr, "race: rm says: %s", line);
	}
	if (status != 0 && status != 9) {
		fprintf(stderr, "race: rm ended with status %d\n", status);
		exit(2);
	}
	return left;
}

int main(int argc, char **argv)
{
	unsigned long wanted = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	unsigned long removed = 0;
	unsigned long left = 0;
	unsigned long lost = 0;
	unsigned long rounds = 0;
	unsigned int fruitless = 0;
	struct tally sum = { 0 };
	FILE *errors = tmpfile();

	if (!wanted || !errors)
		return 2;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		die("race: mmap");

	for (; removed < wanted && fruitless < FRUITLESS; rounds++) {
		pid_t attachers[ATTACHERS];
		size_t before;

		fill_pool();
		before = shared->count;
		start_attachers(attachers);
		left += run_rm(argv[1], rounds % 2 == 0, errors);
		end_attachers(attachers);
		lost += read_list();
		removed += before - shared->count;
		fruitless = before == shared->count ? fruitless + 1 : 0;
	}
	for (size_t i = 0; i < ATTACHERS; i++) {
		sum.attached += shared->tallies[i].attached;
		sum.refused += shared->tallies[i].refused;
		sum.marked += shared->tallies[i].marked;
	}
	printf("rounds=%lu removed=%lu left=%lu attached=%lu refused=%lu marked=%lu lost=%lu\n",
	       rounds, removed, left, sum.attached, sum.refused, sum.marked, lost);
	return sum.marked || lost || removed < wanted;
}
