// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: a program that does not get its memory. Of the pieces that it
 * asks for behind its beginning, the one of the number FAIL_MEMORY is refused, and
 * the file FAILED_MEMORY is made then. What libraries ask for is not counted
 * but where they do it for the program itself: libpopt and glibc's name service
 * crash without memory.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): glibc's own names
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

static atomic_long left;
static void *program; /* where it begins */

/* For tests/coverage/ends.c: gcov crashes when it does not get its memory. */
void grant_memory(void);
void grant_memory(void)
{
	left = 0;
}

__attribute__((constructor)) static void arm(void)
{
	const char *number = getenv("FAIL_MEMORY");
	Dl_info info;

	if (dladdr((const void *)getauxval(AT_PHDR), &info)) // NOLINT(performance-no-int-to-ptr)
		program = info.dli_fbase;
	left = number ? strtol(number, NULL, 10) : 0;
}

static int refused(const void *caller)
{
	const char *path = getenv("FAILED_MEMORY");
	Dl_info info;

	if (left <= 0 || !dladdr(caller, &info) || info.dli_fbase != program || --left)
		return 0;
	if (path)
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
	errno = ENOMEM;
	return 1;
}

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): libc's are reserved
void *malloc(size_t size)
{
	return refused(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return refused(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return refused(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = refused(__builtin_return_address(0)) ? NULL : __libc_malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

void *reallocarray(void *old, size_t count, size_t size)
{
	size_t whole;

	if (refused(__builtin_return_address(0)) || __builtin_mul_overflow(count, size, &whole))
		return NULL;
	return __libc_realloc(old, whole);
}

int vasprintf(char **text, const char *format, va_list arguments)
{
	int (*real)(char **, const char *, va_list);

	if (refused(__builtin_return_address(0)))
		return -1;
	*(void **)&real = dlsym(RTLD_NEXT, "vasprintf");
	return real(text, format, arguments);
}

int asprintf(char **text, const char *format, ...)
{
	va_list arguments;
	int length;

	if (refused(__builtin_return_address(0)))
		return -1;
	va_start(arguments, format);
	length = vasprintf(text, format, arguments);
	va_end(arguments);
	return length;
}

FILE *open_memstream(char **text, size_t *size)
{
	FILE *(*real)(char **, size_t *);

	if (refused(__builtin_return_address(0)))
		return NULL;
	*(void **)&real = dlsym(RTLD_NEXT, "open_memstream");
	return real(text, size);
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
