// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: a system that does as little as it may. Calls that move bytes move only a
 * part, from one byte to a third of what was requested, and one call in four is interrupted
 * before it has done anything. SHORT_SEED selects another random sequence; the number of
 * each kind is added to the file SHORT_LOG.
 *
 * Not changed are calls that are all or nothing in the kernel: a sysctl, a write to a file
 * of /proc, a signalfd and a message of a socket.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* libc's names, and what it calls the arguments, are reserved */
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-inconsistent-declaration-parameter-name)

/* Shared with children, which may do the work. */
static struct counts {
	atomic_ulong shortened;
	atomic_ulong interrupted;
} * counts;

__attribute__((constructor)) static void begin(void)
{
	void *shared = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		abort();
	counts = shared;
}

/* xorshift64* (Vigna, 2016) */
static uint64_t random_number(void)
{
	static uint64_t state;

	if (!state) {
		const char *seed = getenv("SHORT_SEED");

		state = 0x9e3779b97f4a7c15 ^ (seed ? strtoull(seed, NULL, 10) : 0);
	}
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d >> 32;
}

static int interrupts(void)
{
	if (random_number() % 4)
		return 0;
	counts->interrupted++;
	errno = EINTR;
	return 1;
}

/* Files, pipes and devices give and take parts; of /proc only what is read there, but for sysctls. */
static int takes_parts(int fd, int writing)
{
	struct stat status;
	char link[64];
	char path[PATH_MAX] = "";

	if (fstat(fd, &status) < 0 ||
	    (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)))
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (syscall(SYS_readlink, link, path, sizeof(path) - 1) < 0)
		return 1;
	return strncmp(path, "/proc/", 6) != 0 ||
	       (!writing && strncmp(path, "/proc/sys/", 10) != 0);
}

static size_t part(int fd, size_t length, int writing)
{
	int saved = errno;
	size_t some = length;

	if (length > 1 && takes_parts(fd, writing)) {
		some = 1 + random_number() % (length / 3 + 1);
		counts->shortened++;
	}
	errno = saved;
	return some;
}

__attribute__((destructor)) static void log_counts(void)
{
	const char *path = getenv("SHORT_LOG");
	FILE *file = path ? fopen(path, "ae") : NULL;

	if (!file)
		return;
	fprintf(file, "%lu %lu\n", counts->shortened, counts->interrupted);
	fclose(file);
}

ssize_t read(int fd, void *bytes, size_t length)
{
	return interrupts() ? -1 : syscall(SYS_read, fd, bytes, part(fd, length, 0));
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	return interrupts() ? -1 : syscall(SYS_write, fd, bytes, part(fd, length, 1));
}

ssize_t pread64(int fd, void *bytes, size_t length, off_t offset)
{
	return interrupts() ? -1 : syscall(SYS_pread64, fd, bytes, part(fd, length, 0), offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset)
{
	return interrupts() ? -1 : syscall(SYS_pwrite64, fd, bytes, part(fd, length, 1), offset);
}

/* What _FORTIFY_SOURCE makes of them */
ssize_t __read_chk(int fd, void *bytes, size_t length, size_t size);
ssize_t __read_chk(int fd, void *bytes, size_t length, size_t size)
{
	if (length > size)
		abort();
	return read(fd, bytes, length);
}

ssize_t __pread64_chk(int fd, void *bytes, size_t length, off_t offset, size_t size);
ssize_t __pread64_chk(int fd, void *bytes, size_t length, off_t offset, size_t size)
{
	if (length > size)
		abort();
	return pread64(fd, bytes, length, offset);
}

ssize_t splice(int from, off_t *from_offset, int to, off_t *to_offset, size_t length,
	       unsigned int flags)
{
	return interrupts() ? -1
			    : syscall(SYS_splice, from, from_offset, to, to_offset,
				      part(to, length, 1), flags);
}

ssize_t vmsplice(int fd, const struct iovec *pieces, size_t count, unsigned int flags)
{
	struct iovec one;

	if (interrupts())
		return -1;
	if (count == 0)
		return syscall(SYS_vmsplice, fd, pieces, count, flags);
	one = pieces[0];
	one.iov_len = part(fd, one.iov_len, 1);
	return syscall(SYS_vmsplice, fd, &one, 1, flags);
}

ssize_t sendfile64(int to, int from, off_t *offset, size_t length)
{
	return interrupts() ? -1 : syscall(SYS_sendfile, to, from, offset, part(to, length, 1));
}

/*
 * Calls that wait. The kernel does not interrupt a poll that need not wait, but no
 * program may rely on that.
 */
#define NEXT(function)                                                  \
	do {                                                            \
		if (!next)                                              \
			*(void **)&next = dlsym(RTLD_NEXT, (function)); \
	} while (0)

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	static int (*next)(struct pollfd *, nfds_t, int);

	NEXT("poll");
	return interrupts() ? -1 : next(fds, count, timeout);
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *signals)
{
	static int (*next)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

	NEXT("ppoll");
	return interrupts() ? -1 : next(fds, count, timeout, signals);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	if (!(options & WNOHANG) && interrupts())
		return -1;
	return (pid_t)syscall(SYS_wait4, pid, status, options, NULL);
}

int semtimedop(int id, struct sembuf *operations, size_t count, const struct timespec *timeout)
{
	static int (*next)(int, struct sembuf *, size_t, const struct timespec *);

	NEXT("semtimedop");
	return interrupts() ? -1 : next(id, operations, count, timeout);
}

// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-inconsistent-declaration-parameter-name)
