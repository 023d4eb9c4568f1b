/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/ipc_mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/process/procfs.h"
#include "shm/system/clock.h"

/* Whose process it is takes about as long to find out as reading so many bytes. */
enum { FEW = 16 << 10 };

/* After how many bytes the time is looked at, which takes as long as reading a line. */
enum { CLOCK_INTERVAL = 4 << 10 };

/* Decodes octal escapes: mountinfo has them for whitespace and backslashes (proc(5)). */
static void undo_octal(char *text)
{
	char *to = text;

	for (const char *at = text; *at;) {
		if (at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' &&
		    at[3] >= '0' && at[3] <= '7') {
			*to++ = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
			at += 4;
		} else {
			*to++ = *at++;
		}
	}
	*to = '\0';
}

/* The field of a line of mountinfo, counted from 1, with all that follows it; NULL: none. */
static char *field_of(char *line, int number)
{
	for (int field = 1; line && field < number; field++)
		line = strchr(line, ' ') ? strchr(line, ' ') + 1 : NULL;
	return line;
}

static bool is_at_root(char *line)
{
	const char *point = field_of(line, 5);

	return point && strncmp(point, "/ ", 2) == 0;
}

/*
 * Parses a line of mountinfo in place. Returns the mount point of an IPC namespace
 * and sets its inode, or returns NULL for any other mount.
 */
static char *parse_mount(char *line, ino_t *inode)
{
	static const char prefix[] = "ipc:[";
	char *at = field_of(line, 4);
	char *end;

	/* a name cannot contain this, since its spaces are escaped */
	if (!strstr(line, " - nsfs "))
		return NULL;
	if (!at || strncmp(at, prefix, sizeof(prefix) - 1) != 0)
		return NULL;
	*inode = strtoul(at + sizeof(prefix) - 1, &end, 10);
	if (strncmp(end, "] ", 2) != 0)
		return NULL; /* GCOVR_EXCL_LINE: the kernel always writes this */
	at = end + 2;
	at[strcspn(at, " ")] = '\0';
	undo_octal(at);
	return at;
}

/* A list that is being read. */
struct list {
	pid_t pid; /* 0: this process */
	struct ipc_mounts_use *use;
	size_t length; /* so far */
	int64_t clock; /* processor_us() when the time was last counted */
	bool is_trusted;
	bool was_asked; /* whether it is */
};

static void count_time(struct list *list)
{
	int64_t now = processor_us();

	if (!list->is_trusted)
		list->use->time += now - list->clock;
	list->clock = now;
}

static bool is_used_up(const struct ipc_mounts_use *use, size_t length)
{
	return use->read + length > IPC_MOUNTS_MOST || use->time > IPC_MOUNTS_TIME;
}

/* Counts a line. Returns whether it may be used. */
static bool count_line(struct list *list, size_t length)
{
	struct ipc_mounts_use *use = list->use;

	if (list->length / CLOCK_INTERVAL != (list->length + length) / CLOCK_INTERVAL)
		count_time(list);
	list->length += length;
	if (!list->was_asked && (list->length > FEW || is_used_up(use, length))) {
		list->was_asked = true;
		list->is_trusted = !list->pid || process_is_of_root(list->pid);
	}
	if (list->is_trusted)
		return list->length <= IPC_MOUNTS_MOST;
	if (is_used_up(use, length))
		return false;
	use->read += length;
	return true;
}

static FILE *open_list(pid_t pid)
{
	char path[64] = "/proc/self/mountinfo";

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	return fopen(path, "re");
}

int ipc_mounts_read(pid_t pid, struct ipc_mounts_use *use, bool *has_root,
		    int (*found)(void *context, ino_t inode, const char *point), void *context)
{
	struct list list = { .pid = pid, .use = use, .clock = processor_us() };
	FILE *file;
	char *line = NULL;
	size_t capacity = 0;
	int error = 0;

	*has_root = false;
	/* even a list without lines can take long: with chroot(2), none may be below the root */
	if (is_used_up(use, 1) && pid && !process_is_of_root(pid)) {
		use->lists_skipped++;
		return 0;
	}
	file = open_list(pid);
	if (!file)
		return errno == ENOMEM ? ENOMEM : 0;
	while (!error) {
		ino_t inode;
		const char *point;
		ssize_t length;

		errno = 0;
		length = getline(&line, &capacity, file);
		if (length < 0) {
			error = errno == ENOMEM ? ENOMEM : 0;
			break;
		}
		if (!count_line(&list, (size_t)length)) {
			use->lists_skipped++;
			*has_root = true;
			break;
		}
		*has_root |= is_at_root(line);
		point = parse_mount(line, &inode);
		if (point)
			error = found(context, inode, point);
	}
	count_time(&list);
	free(line);
	fclose(file);
	return error;
}

struct place {
	ino_t inode;
	const char *point;
	bool is_there;
};

static int compare_place(void *context, ino_t inode, const char *point)
{
	struct place *place = context;

	place->is_there |= inode == place->inode && strcmp(point, place->point) == 0;
	return 0;
}

bool ipc_mounts_have(pid_t pid, struct ipc_mounts_use *use, ino_t inode, const char *point)
{
	struct place place = { .inode = inode, .point = point };
	const size_t skipped = use->lists_skipped;
	bool has_root;
	bool is_whole;

	ipc_mounts_read(pid, use, &has_root, compare_place, &place);
	is_whole = use->lists_skipped == skipped;
	use->lists_skipped = skipped; /* the list was read before, and counted */
	return place.is_there || !is_whole;
}
