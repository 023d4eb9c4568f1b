// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several processes that use one word of a segment at once, for the tests.
 *
 *     contend add ID OFFSET LENGTH COUNT   each of them adds 1 to it COUNT times
 *     contend store ID OFFSET LENGTH       they store into it, each a byte all over
 *     contend tear ID OFFSET LENGTH        the same, but byte by byte
 *     contend watch ID OFFSET LENGTH       they load it, and count torn values: those
 *                                         that are not one byte all over
 *
 * All but add go on until SIGTERM, say "ready" when they have begun, and at the
 * end how many torn values they saw ("torn=0").
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 2 };

/* What all of the processes see. */
static struct {
	volatile sig_atomic_t over;
	unsigned long torn[PROCESSES];
} * shared;

static void end(int number)
{
	(void)number;
	shared->over = 1;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static uint64_t load(const void *word, size_t length)
{
	switch (length) {
	case 1:
		return __atomic_load_n((const uint8_t *)word, __ATOMIC_SEQ_CST);
	case 2:
		return __atomic_load_n((const uint16_t *)word, __ATOMIC_SEQ_CST);
	case 4:
		return __atomic_load_n((const uint32_t *)word, __ATOMIC_SEQ_CST);
	default:
		return __atomic_load_n((const uint64_t *)word, __ATOMIC_SEQ_CST);
	}
}

static void store(void *word, size_t length, uint64_t value)
{
	switch (length) {
	case 1:
		__atomic_store_n((uint8_t *)word, (uint8_t)value, __ATOMIC_SEQ_CST);
		break;
	case 2:
		__atomic_store_n((uint16_t *)word, (uint16_t)value, __ATOMIC_SEQ_CST);
		break;
	case 4:
		__atomic_store_n((uint32_t *)word, (uint32_t)value, __ATOMIC_SEQ_CST);
		break;
	default:
		__atomic_store_n((uint64_t *)word, value, __ATOMIC_SEQ_CST);
	}
}

static void add(void *word, size_t length)
{
	switch (length) {
	case 1:
		__atomic_fetch_add((uint8_t *)word, 1, __ATOMIC_SEQ_CST);
		break;
	case 2:
		__atomic_fetch_add((uint16_t *)word, 1, __ATOMIC_SEQ_CST);
		break;
	case 4:
		__atomic_fetch_add((uint32_t *)word, 1, __ATOMIC_SEQ_CST);
		break;
	default:
		__atomic_fetch_add((uint64_t *)word, 1, __ATOMIC_SEQ_CST);
	}
}

/* A byte all over. */
static uint64_t pattern(uint64_t number)
{
	return (number & 0xff) * 0x0101010101010101;
}

static void add_many(void *word, size_t length, unsigned long count)
{
	for (; count; count--) {
		add(word, length);
		usleep(200);
	}
}

static void store_on(void *word, size_t length, uint64_t seed, int bytewise)
{
	volatile uint8_t *bytes = word;

	for (uint64_t i = seed; !shared->over; i += PROCESSES) {
		uint64_t value = pattern(i);

		if (!bytewise)
			store(word, length, value);
		for (size_t at = 0; bytewise && at < length; at++)
			bytes[at] = (uint8_t)value;
	}
}

static unsigned long watch(const void *word, size_t length)
{
	unsigned long torn = 0;

	while (!shared->over) {
		uint64_t value = load(word, length);
		uint64_t mask = length < 8 ? ((uint64_t)1 << (length * 8)) - 1 : UINT64_MAX;

		torn += value != (pattern(value) & mask);
	}
	return torn;
}

static unsigned long work(char **argv, void *word, size_t length, uint64_t seed)
{
	if (strcmp(argv[1], "add") == 0)
		add_many(word, length, strtoul(argv[5], NULL, 10));
	else if (strcmp(argv[1], "watch") == 0)
		return watch(word, length);
	else
		store_on(word, length, seed, strcmp(argv[1], "tear") == 0);
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = end };
	pid_t parent = getpid();
	unsigned long sum = 0;
	char *segment;
	void *word;
	size_t length;

	if (argc < 5 || (strcmp(argv[1], "add") == 0) != (argc == 6))
		return 2;
	length = strtoul(argv[4], NULL, 10);
	segment = shmat((int)strtol(argv[2], NULL, 10), NULL, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (segment == (char *)-1 || shared == MAP_FAILED)
		die("contend: shmat");
	word = segment + strtoul(argv[3], NULL, 10);
	sigaction(SIGTERM, &action, NULL);
	for (size_t i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("contend: fork");
		if (pid)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(2);
		shared->torn[i] = work(argv, word, length, i + 1);
		_exit(0);
	}
	puts("ready");
	if (fflush(stdout) == EOF)
		return 2;
	/* a signal interrupts it; processes that were asked to end do so */
	while (wait(NULL) > 0 || errno == EINTR)
		;
	for (size_t i = 0; i < PROCESSES; i++)
		sum += shared->torn[i];
	printf("torn=%lu\n", sum);
	return 0;
}
