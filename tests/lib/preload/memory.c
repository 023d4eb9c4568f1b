// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: makes memory run out. The allocation with the number MEMORY_FAILS,
 * counted from 1, fails, and so do all later ones, unless MEMORY_FAILS_ONCE is set. The
 * number of allocations is written to the file MEMORY_LOG.
 *
 * Only these are replaced: strdup(3), asprintf(3), getline(3) and the rest of
 * libc get their memory by them. It is libc itself that gives it.
 *
 * glibc 2.36 itself crashes or aborts (nss_database.c) when it looks up a user
 * without memory. Here that fails as its manual page says.
 */
#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

/* glibc's own, by the names that it has for this */
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-inconsistent-declaration-parameter-name)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static unsigned long asked;
static unsigned long fails_from;
static int once;

/* Before main, since the loader and libc ask for memory as well. */
__attribute__((constructor)) static void begin(void)
{
	const char *from = getenv("MEMORY_FAILS");

	asked = 0;
	once = getenv("MEMORY_FAILS_ONCE") != NULL;
	fails_from = from ? strtoul(from, NULL, 10) : 0;
}

__attribute__((destructor)) static void end(void)
{
	unsigned long count = asked;
	const char *path = getenv("MEMORY_LOG");
	FILE *file;

	fails_from = 0;
	file = path ? fopen(path, "we") : NULL;
	if (!file)
		return;
	fprintf(file, "%lu\n", count);
	fclose(file);
}

/* For tests/coverage/ends.c: gcov crashes when it does not get its memory. */
void grant_memory(void);
void grant_memory(void)
{
	fails_from = 0;
}

static int refuse(void)
{
	asked++;
	if (!fails_from || asked < fails_from || (once && asked > fails_from))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return refuse() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return refuse() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return refuse() ? NULL : __libc_realloc(old, size);
}

/* libc's would ask its own realloc */
void *reallocarray(void *old, size_t count, size_t size)
{
	size_t whole;

	if (__builtin_mul_overflow(count, size, &whole)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, whole);
}

/* A look-up that has memory for all of it, or fails. */
#define LOOK_UP(type, name, argument_type)                         \
	struct type *name(argument_type wanted)                    \
	{                                                          \
		static struct type *(*next)(argument_type);        \
		unsigned long from = fails_from;                   \
		struct type *found;                                \
                                                                   \
		if (refuse())                                      \
			return NULL;                               \
		fails_from = 0;                                    \
		if (!next)                                         \
			*(void **)&next = dlsym(RTLD_NEXT, #name); \
		found = next(wanted);                              \
		fails_from = from;                                 \
		return found;                                      \
	}

LOOK_UP(passwd, getpwuid, uid_t)
LOOK_UP(group, getgrgid, gid_t)

/* As LOOK_UP(), for those whose caller provides room for the text of the entry. */
#define LOOK_UP_INTO_ROOM(type, name, argument_type)                                              \
	int name(argument_type wanted, struct type *entry, char *text, size_t size,               \
		 struct type **found)                                                             \
	{                                                                                         \
		static int (*next)(argument_type, struct type *, char *, size_t, struct type **); \
		unsigned long from = fails_from;                                                  \
		int error;                                                                        \
                                                                                                  \
		*found = NULL;                                                                    \
		if (refuse())                                                                     \
			return ENOMEM;                                                            \
		fails_from = 0;                                                                   \
		if (!next)                                                                        \
			*(void **)&next = dlsym(RTLD_NEXT, #name);                                \
		error = next(wanted, entry, text, size, found);                                   \
		fails_from = from;                                                                \
		return error;                                                                     \
	}

LOOK_UP_INTO_ROOM(passwd, getpwuid_r, uid_t)
LOOK_UP_INTO_ROOM(passwd, getpwnam_r, const char *)
LOOK_UP_INTO_ROOM(group, getgrnam_r, const char *)
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-inconsistent-declaration-parameter-name)
