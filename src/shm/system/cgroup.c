/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/system/cgroup.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "shm/system/procfile.h"

/* The two versions of control groups: where they are mounted, and the names of their files. */
static const struct version {
	const char *controller; /* in /proc/PID/cgroup */
	const char *root;
	const char *limit; /* a file of each group */
	const char *anon;  /* keys in memory.stat, whose values are in bytes */
	const char *shmem;
} versions[] = {
	{ "", "/sys/fs/cgroup", "memory.max", "anon ", "shmem " },
	{ "memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "total_rss ",
	  "total_shmem " },
};

static uint64_t number_after(const char *text, const char *word)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, word, strlen(word)) == 0)
			return strtoull(line + strlen(word), NULL, 10);
	}
	return 0; /* GCOVR_EXCL_LINE: rarely: the kernel has all of these lines */
}

/* The group's memory that cannot be freed, so without the cache of files; *shmem is part of it. */
static uint64_t held(const char *directory, const struct version *version, uint64_t *shmem)
{
	char path[PATH_MAX];
	char text[8192];

	*shmem = 0;
	if ((size_t)snprintf(path, sizeof(path), "%s/memory.stat", directory) >= sizeof(path) ||
	    file_read(path, text, sizeof(text)))
		return 0; /* GCOVR_EXCL_LINE: rarely: every group has this file */
	*shmem = number_after(text, version->shmem);
	return number_after(text, version->anon) + *shmem;
}

static uint64_t free_swap(void)
{
	struct sysinfo info;

	return sysinfo(&info) < 0 ? 0 : (uint64_t)info.freeswap * info.mem_unit;
}

static void look_at_group(struct cgroup_memory *memory, const char *directory,
			  const struct version *version)
{
	char path[PATH_MAX];
	char text[64];
	uint64_t limit;
	uint64_t most;
	uint64_t used;
	uint64_t shmem;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", directory, version->limit) >=
		    sizeof(path) ||
	    file_read(path, text, sizeof(text)) || text[0] < '0' || text[0] > '9')
		return; /* "max", or not there */
	limit = strtoull(text, NULL, 10);
	/* version 1 shows "unlimited" as a number near 2^63 */
	if (limit >= UINT64_C(1) << 62)
		return;
	most = limit + free_swap();
	used = held(directory, version, &shmem);
	most = used < most ? most - used : 0;
	if (most < memory->left)
		*memory = (struct cgroup_memory){ .limit = limit, .left = most, .shmem = shmem };
}

/* Checks the group with this path, and all its ancestors. */
static void look_at_groups(struct cgroup_memory *memory, const char *path, size_t length,
			   const struct version *version)
{
	char directory[PATH_MAX];
	size_t root = strlen(version->root);

	if ((size_t)snprintf(directory, sizeof(directory), "%s%.*s", version->root, (int)length,
			     path) >= sizeof(directory))
		return; /* GCOVR_EXCL_LINE: the kernel has no path as long as this */
	/* a group outside of this cgroup namespace (cgroup_namespaces(7)) */
	if (strncmp(directory + root, "/..", 3) == 0)
		return;
	for (;;) {
		char *slash = strrchr(directory + root, '/');

		look_at_group(memory, directory, version);
		if (!slash)
			return;
		*slash = '\0';
	}
}

/*
 * The path in the line of a controller ("4:memory:/path"), or if that is empty, of version 2
 * ("0::/path"). Users choose names of groups, but no newlines in them. NULL: there is none.
 */
static const char *path_of(const char *text, const char *controller)
{
	const size_t length = strlen(controller);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *item;
		size_t size;

		line += *line == '\n';
		item = line + strcspn(line, ":\n");
		do {
			item += *item == ':' || *item == ',';
			size = strcspn(item, ",:\n");
			if (size == length && (item[size] == ':' || item[size] == ',') &&
			    strncmp(item, controller, size) == 0)
				return strchr(item, ':') ? strchr(item, ':') + 1 : NULL;
			item += size;
		} while (*item == ',');
	}
	return NULL;
}

static void read_memory(const char *text, struct cgroup_memory *memory)
{
	*memory = (struct cgroup_memory){ .limit = UINT64_MAX, .left = UINT64_MAX };
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		const char *path = path_of(text, versions[i].controller);

		if (path)
			look_at_groups(memory, path, strcspn(path, "\n"), &versions[i]);
	}
}

void cgroup_memory_read(const char *file, struct cgroup_memory *memory)
{
	char text[sizeof(((struct cgroup_memo *)NULL)->text)];

	read_memory(file_read(file, text, sizeof(text)) ? "" : text, memory);
}

void cgroup_memory_of(const char *text, struct cgroup_memo *memo)
{
	if (*text && strcmp(text, memo->text) == 0)
		return;
	snprintf(memo->text, sizeof(memo->text), "%s", text);
	read_memory(text, &memo->memory);
}
