// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: stops shmtool at a step that is named by the libc function
 * that it calls there, or does something else at that moment. Other programs
 * that are run with it (env, setpriv, timeout) are not affected, nor is what
 * shmtool itself executes.
 *
 * STOP_AT has up to 8 steps, separated by spaces. A step is
 *
 *     [then:][DO:][WHO:][WHEN:]FUNCTION[:ARGUMENT[:NUMBER[:ID]]]
 *
 *   then      only from the moment on when the step in front of this one was taken
 *   DO        stop (the default)  waits for SIGCONT. (SIGSTOP would be seen by its parent.)
 *             kill                raises SIGKILL
 *             delay               sleeps for STOP_DELAY milliseconds
 *             run                 runs the shell command STOP_RUN, and waits for it
 *             fail                makes the call fail with STOP_ERROR (EIO), undone
 *   WHO       child or parent: only in a process that the program forked, or only
 *             in the program itself; otherwise in either
 *   WHEN      before (the default) or after the call
 *   FUNCTION  one of those at the end of this file, or a pattern (fnmatch(3), with
 *             FNM_EXTMATCH): shm*, @(write|sendfile)
 *   ARGUMENT  a pattern for what that list has as its argument; empty for any. Constants
 *             have their names: IPC_RMID, SHM_STAT_ANY, SYS_membarrier.
 *   NUMBER    which of the calls that match, counted in each process from 1; with a +
 *             after it, that one and all later ones
 *   ID        only calls with this id, or file descriptor, as first argument
 *
 * Without a + each step is taken once: by the process that comes to it first.
 *
 *     STOP_AT=shmctl:IPC_RMID:2               before the second removal
 *     STOP_AT=kill:after:syscall:SYS_membarrier
 *     STOP_AT='run:shmat then:child:shmctl:IPC_SET:1:131076'
 *
 * The command of run sees STOP_ID, the first argument of the call, and
 * STOP_NUMBER. Each step that is taken adds a line to the file STOP_FILE, if it
 * exists: the process id, function, argument and id. A process that stops is
 * ready for SIGCONT before it writes that.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shm/system/compat.h"

/* What a step may begin with; the first of each kind is the default. */
enum { ORDER, DO, WHO, WHEN, KINDS };
enum { ORDER_ANY, ORDER_THEN };
enum { DO_STOP, DO_KILL, DO_DELAY, DO_RUN, DO_FAIL };
enum { WHO_EITHER, WHO_CHILD, WHO_PARENT };
enum { WHEN_BEFORE, WHEN_AFTER };

static const struct word {
	const char *name;
	int kind;
	int value;
} words[] = {
	{ "then", ORDER, ORDER_THEN }, { "stop", DO, DO_STOP }, { "kill", DO, DO_KILL },
	{ "delay", DO, DO_DELAY },     { "run", DO, DO_RUN },   { "child", WHO, WHO_CHILD },
	{ "parent", WHO, WHO_PARENT }, { "fail", DO, DO_FAIL }, { "before", WHEN, WHEN_BEFORE },
	{ "after", WHEN, WHEN_AFTER },
};

enum { STEPS = 8 };

static struct step {
	int chosen[KINDS];
	const char *function;
	const char *argument; /* NULL: any */
	unsigned long number;
	int all_later;
	const char *id; /* NULL: any */
	unsigned long count;
} steps[STEPS];

static size_t step_count;
static atomic_bool *taken; /* of each step; shared with children */
static pid_t program;
static pid_t counting; /* the process whose calls are counted */
static char log_path[4096];

struct call {
	const char *function;
	const char *argument;
	int id; /* -1: it has none */
};

__attribute__((noreturn)) static void give_up(const char *what, const char *which)
{
	dprintf(STDERR_FILENO, "stop_at: %s: %s\n", what, which);
	_exit(127);
}

static int take_word(struct step *step, const char *field)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(field, words[i].name) == 0) {
			step->chosen[words[i].kind] = words[i].value;
			return 1;
		}
	}
	return 0;
}

static const char *next_field(char **text)
{
	const char *field = strsep(text, ":");

	return field && *field ? field : NULL;
}

static void parse_number(struct step *step, const char *field)
{
	char *end;

	step->number = 1;
	if (!field)
		return;
	step->number = strtoul(field, &end, 10);
	step->all_later = *end == '+';
	if (!step->number || end[step->all_later])
		give_up("not a number", field);
}

static void check_function(const char *pattern);

static void parse_step(char *text, struct step *step)
{
	const char *field = strsep(&text, ":");

	while (field && take_word(step, field))
		field = strsep(&text, ":");
	check_function(field);
	step->function = field;
	step->argument = next_field(&text);
	parse_number(step, next_field(&text));
	step->id = next_field(&text);
}

__attribute__((constructor)) static void begin(void)
{
	static char text[4096];
	const char *wanted = getenv("STOP_AT");
	const char *log = getenv("STOP_FILE");
	char *rest = text;
	char *step;

	if (!wanted || strncmp(program_invocation_short_name, "shm", 3) != 0)
		return;
	if (strlen(wanted) >= sizeof(text) || strlen(log ? log : "") >= sizeof(log_path))
		give_up("too long", wanted);
	strcpy(text, wanted);
	program = getpid();
	strcpy(log_path, log ? log : "");
	taken = mmap(NULL, STEPS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (taken == MAP_FAILED)
		give_up("mmap", "no memory");
	for (size_t count = 0; (step = strsep(&rest, " ")); step_count = count) {
		if (!*step)
			continue;
		if (count == STEPS)
			give_up("too many steps", wanted);
		parse_step(step, &steps[count++]);
	}
	/* what shmtool executes, and what is run here, is as it is without us */
	unsetenv("STOP_AT");
	unsetenv("STOP_FILE");
	unsetenv("LD_PRELOAD");
}

/*
 * By a spawn, since fork(2) would attach once more what this process has
 * attached, and the end of that would count as use by another.
 */
static void run_command(const struct step *step, int id)
{
	char *command = getenv("STOP_RUN");
	char *const argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, command, NULL };
	posix_spawnattr_t attributes;
	sigset_t none;
	sigset_t all;
	char number[32];
	pid_t pid;
	int status = 0;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	snprintf(number, sizeof(number), "%d", id);
	setenv("STOP_ID", number, 1);
	snprintf(number, sizeof(number), "%lu", step->count);
	setenv("STOP_NUMBER", number, 1);
	if (!command || posix_spawn(&pid, "/bin/sh", NULL, &attributes, argv, environ) != 0)
		give_up("cannot run", command ? command : "STOP_RUN is not set");
	posix_spawnattr_destroy(&attributes);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status)
		give_up("failed", command);
}

static void delay(void)
{
	const char *wanted = getenv("STOP_DELAY");
	long ms = wanted ? strtol(wanted, NULL, 10) : 0;
	const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

/* It is opened for each line: a process may close all that it did not open itself. */
static void log_step(const struct call *call)
{
	FILE *log = *log_path ? fopen(log_path, "r+e") : NULL;

	if (!log)
		return;
	fseek(log, 0, SEEK_END);
	fprintf(log, "%d %s %s %d\n", getpid(), call->function, call->argument, call->id);
	fclose(log);
}

static void stop(const struct call *call)
{
	sigset_t go_on;
	sigset_t before;

	sigemptyset(&go_on);
	sigaddset(&go_on, SIGCONT);
	sigprocmask(SIG_BLOCK, &go_on, &before);
	log_step(call);
	while (sigwaitinfo(&go_on, NULL) < 0 && errno == EINTR)
		;
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void take(const struct step *step, const struct call *call)
{
	if (step->chosen[DO] == DO_STOP) {
		stop(call);
		return;
	}
	log_step(call);
	switch (step->chosen[DO]) {
	case DO_KILL:
		kill(getpid(), SIGKILL);
		break;
	case DO_DELAY:
		delay();
		break;
	case DO_RUN:
		run_command(step, call->id);
		break;
	default:
		break;
	}
}

static int matches(const struct step *step, const struct call *call, int when)
{
	const int who = getpid() == program ? WHO_PARENT : WHO_CHILD;
	char id[32];

	snprintf(id, sizeof(id), "%d", call->id);
	return step->chosen[WHEN] == when &&
	       (step->chosen[ORDER] == ORDER_ANY || (step > steps && taken[step - steps - 1])) &&
	       (step->chosen[WHO] == WHO_EITHER || step->chosen[WHO] == who) &&
	       fnmatch(step->function, call->function, FNM_EXTMATCH) == 0 &&
	       (!step->argument || fnmatch(step->argument, call->argument, FNM_EXTMATCH) == 0) &&
	       (!step->id || strcmp(step->id, id) == 0);
}

static int wanted_error(void);

/* Returns whether the call is to fail: errno is set then. */
static int reach(const struct call *call, int when)
{
	const int saved = errno;
	int fails = 0;

	/* what gcov does at the end (make coverage) is no step of the program */
	if (fnmatch("*.gcda", call->argument, 0) == 0)
		return 0;
	if (step_count && counting != getpid()) {
		counting = getpid();
		for (size_t i = 0; i < step_count; i++)
			steps[i].count = 0;
	}
	/* the last one first: one that waits for another begins with the next call */
	for (size_t i = step_count; i-- > 0;) {
		struct step *step = &steps[i];

		if (!matches(step, call, when) || ++step->count < step->number ||
		    (atomic_exchange(&taken[i], 1) && !step->all_later))
			continue;
		take(step, call);
		fails |= step->chosen[DO] == DO_FAIL;
	}
	errno = fails ? wanted_error() : saved;
	return fails;
}

/* --- What the arguments are called ------------------------------------------ */

struct constant {
	long value;
	const char *name;
};

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15 /* Linux 4.17 */
#endif
#ifndef SYS_close_range
#define SYS_close_range 436 /* glibc 2.33 */
#endif

/* clang-format off */
#define CONSTANT(name) { name, #name }
static const struct constant shmctl_commands[] = {
	CONSTANT(IPC_RMID), CONSTANT(IPC_SET), CONSTANT(IPC_STAT), CONSTANT(IPC_INFO),
	CONSTANT(SHM_LOCK), CONSTANT(SHM_UNLOCK), CONSTANT(SHM_STAT), CONSTANT(SHM_STAT_ANY),
	CONSTANT(SHM_INFO), { 0, NULL },
};
static const struct constant semctl_commands[] = {
	CONSTANT(IPC_RMID), CONSTANT(IPC_SET), CONSTANT(IPC_STAT), CONSTANT(IPC_INFO),
	CONSTANT(GETVAL), CONSTANT(SETVAL), CONSTANT(GETALL), CONSTANT(SETALL), CONSTANT(GETPID),
	CONSTANT(GETNCNT), CONSTANT(GETZCNT), CONSTANT(SEM_STAT), CONSTANT(SEM_STAT_ANY),
	CONSTANT(SEM_INFO), { 0, NULL },
};
static const struct constant namespaces[] = {
	CONSTANT(CLONE_NEWIPC), CONSTANT(CLONE_NEWUSER), CONSTANT(CLONE_NEWPID),
	CONSTANT(CLONE_NEWNS), CONSTANT(CLONE_SYSVSEM), { 0, NULL },
};
static const struct constant prctl_options[] = {
	CONSTANT(PR_SET_DUMPABLE), CONSTANT(PR_SET_PDEATHSIG), { 0, NULL },
};
static const struct constant system_calls[] = {
	CONSTANT(SYS_membarrier), CONSTANT(SYS_pidfd_open), CONSTANT(SYS_kcmp),
	CONSTANT(SYS_openat2), CONSTANT(SYS_capget), CONSTANT(SYS_close_range), { 0, NULL },
};
static const struct constant errors[] = {
	CONSTANT(EACCES), CONSTANT(EAGAIN), CONSTANT(EINTR), CONSTANT(EIO), CONSTANT(ENOMEM),
	CONSTANT(ENOSYS), CONSTANT(EPERM), { 0, NULL },
};
/* clang-format on */

static int wanted_error(void)
{
	const char *wanted = getenv("STOP_ERROR");

	for (const struct constant *error = errors; wanted && error->name; error++) {
		if (strcmp(error->name, wanted) == 0)
			return (int)error->value;
	}
	return EIO;
}

static const char *name_of(const struct constant *constants, long value)
{
	static char number[32];

	for (; constants->name; constants++) {
		if (constants->value == value)
			return constants->name;
	}
	snprintf(number, sizeof(number), "%ld", value);
	return number;
}

static const char *decimal(long value)
{
	static const struct constant none[] = { { 0, NULL } };

	return name_of(none, value);
}

static const char *hexadecimal(int value)
{
	static char number[32];

	snprintf(number, sizeof(number), "0x%08x", (unsigned int)value);
	return number;
}

/* --- The functions ---------------------------------------------------------- */

/* clang-format off */
static const char *const functions[] = {
	"fork", "fsync", "getline", "getpwuid", "kill", "linkat", "nanosleep", "open", "openat", "prctl", "read",
	"readlink", "readlinkat", "rename", "renameat",
	"semctl", "semget", "semop", "semtimedop", "sendfile", "sendmsg", "setns", "shmat", "shmctl", "shmdt",
	"shmget", "splice", "syscall", "unlink", "unlinkat", "unshare", "vmsplice", "waitpid", "write",
};
/* clang-format on */

static void check_function(const char *pattern)
{
	for (size_t i = 0; pattern && i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (fnmatch(pattern, functions[i], FNM_EXTMATCH) == 0)
			return;
	}
	give_up("no such function here", pattern ? pattern : "none");
}

/*
 * The function FUNCTION by the symbol that libc gives it, which may be another (open64).
 * By that, no header of libc can stand against how it is declared here: functions of
 * any number of arguments have here those that they may take. ARGUMENT is what a
 * step's ARGUMENT is matched with, ID the id that the call has, or -1.
 */
#define STEP(type, function, symbol, parameters, arguments, argument, id) \
	type step_##symbol parameters __asm__(#symbol);                   \
	type step_##symbol parameters                                     \
	{                                                                 \
		static __typeof__(&step_##symbol) next;                   \
		const struct call call = { function, argument, id };      \
		type result;                                              \
                                                                          \
		if (!next)                                                \
			*(void **)&next = dlsym(RTLD_NEXT, #symbol);      \
		if (reach(&call, WHEN_BEFORE))                            \
			return (type)-1;                                  \
		result = next arguments;                                  \
		reach(&call, WHEN_AFTER);                                 \
		return result;                                            \
	}

/* clang-format off */
STEP(int, "shmctl", shmctl, (int id, int command, void *ds), (id, command, ds),
     name_of(shmctl_commands, command), id)
STEP(void *, "shmat", shmat, (int id, const void *address, int flags), (id, address, flags), "", id)
STEP(int, "shmdt", shmdt, (const void *address), (address), "", -1)
STEP(int, "shmget", shmget, (key_t key, size_t size, int flags), (key, size, flags),
     hexadecimal(key), -1)
STEP(int, "semctl", semctl, (int id, int number, int command, void *value),
     (id, number, command, value), name_of(semctl_commands, command), id)
STEP(int, "semget", semget, (key_t key, int count, int flags), (key, count, flags),
     hexadecimal(key), -1)
STEP(int, "semop", semop, (int id, struct sembuf *operations, size_t count),
     (id, operations, count), "", id)
STEP(int, "semtimedop", semtimedop,
     (int id, struct sembuf *operations, size_t count, const struct timespec *timeout),
     (id, operations, count, timeout), "", id)
STEP(int, "setns", setns, (int fd, int type), (fd, type), name_of(namespaces, type), fd)
STEP(int, "unshare", unshare, (int flags), (flags), name_of(namespaces, flags), -1)
STEP(int, "prctl", prctl, (int option, long a, long b, long c, long d), (option, a, b, c, d),
     name_of(prctl_options, option), -1)
STEP(long, "syscall", syscall, (long number, long a, long b, long c, long d, long e, long f),
     (number, a, b, c, d, e, f), name_of(system_calls, number), -1)
STEP(pid_t, "fork", fork, (void), (), "", -1)
STEP(pid_t, "waitpid", waitpid, (pid_t pid, int *status, int options), (pid, status, options), "",
     pid)
STEP(int, "kill", kill, (pid_t pid, int number), (pid, number), decimal(number), pid)
STEP(ssize_t, "getline", getline, (char **line, size_t *size, FILE *file), (line, size, file), "", -1)
/* what it is in an optimized program */
STEP(ssize_t, "getline", __getdelim, (char **line, size_t *size, int end, FILE *file),
     (line, size, end, file), "", -1)
/* not to be used with fail */
STEP(void *, "getpwuid", getpwuid, (uid_t uid), (uid), "", -1)
STEP(int, "nanosleep", nanosleep, (const struct timespec *time, struct timespec *left),
     (time, left), "", -1)

/* with the descriptor */
STEP(ssize_t, "read", read, (int fd, void *bytes, size_t length), (fd, bytes, length),
     decimal(fd), fd)
STEP(ssize_t, "read", __read_chk, (int fd, void *bytes, size_t length, size_t size),
     (fd, bytes, length, size), decimal(fd), fd)
STEP(ssize_t, "write", write, (int fd, const void *bytes, size_t length), (fd, bytes, length),
     decimal(fd), fd)
STEP(int, "fsync", fsync, (int fd), (fd), decimal(fd), fd)
STEP(ssize_t, "sendmsg", sendmsg, (int fd, const struct msghdr *message, int flags),
     (fd, message, flags), decimal(fd), fd)
STEP(ssize_t, "splice", splice,
     (int from, void *from_offset, int to, void *to_offset, size_t length, unsigned int flags),
     (from, from_offset, to, to_offset, length, flags), decimal(to), to)
STEP(ssize_t, "sendfile", sendfile64, (int to, int from, void *offset, size_t length),
     (to, from, offset, length), decimal(to), to)
STEP(ssize_t, "vmsplice", vmsplice, (int fd, const void *pieces, size_t count, unsigned int flags),
     (fd, pieces, count, flags), decimal(fd), fd)

/* with a path, of two the new one */
STEP(int, "open", open, (const char *path, int flags, mode_t mode), (path, flags, mode), path, -1)
STEP(int, "open", open64, (const char *path, int flags, mode_t mode), (path, flags, mode), path, -1)
STEP(int, "open", __open64_2, (const char *path, int flags), (path, flags), path, -1)
STEP(int, "openat", openat, (int at, const char *path, int flags, mode_t mode),
     (at, path, flags, mode), path, at)
STEP(int, "openat", openat64, (int at, const char *path, int flags, mode_t mode),
     (at, path, flags, mode), path, at)
STEP(int, "openat", __openat64_2, (int at, const char *path, int flags), (at, path, flags), path, at)
STEP(int, "rename", rename, (const char *from, const char *to), (from, to), to, -1)
STEP(int, "renameat", renameat, (int from_at, const char *from, int to_at, const char *to),
     (from_at, from, to_at, to), to, to_at)
STEP(int, "linkat", linkat, (int from_at, const char *from, int to_at, const char *to, int flags),
     (from_at, from, to_at, to, flags), to, to_at)
STEP(ssize_t, "readlink", readlink, (const char *path, char *text, size_t size),
     (path, text, size), path, -1)
STEP(ssize_t, "readlink", __readlink_chk, (const char *path, char *text, size_t size, size_t room),
     (path, text, size, room), path, -1)
STEP(ssize_t, "readlinkat", readlinkat, (int at, const char *path, char *text, size_t size),
     (at, path, text, size), path, at)
STEP(int, "unlink", unlink, (const char *path), (path), path, -1)
STEP(int, "unlinkat", unlinkat, (int at, const char *path, int flags), (at, path, flags), path, at)
/* clang-format on */
