/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/ipc_mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/*
 * Parses a line of mountinfo in place. Returns the mount point of an IPC namespace
 * and sets its inode, or returns NULL for any other mount.
 */
static char *parse_mount(char *line, ino_t *inode)
{
	static const char prefix[] = "ipc:[";
	char *at = line;
	char *end;

	/* a name cannot contain this, since its spaces are escaped */
	if (!strstr(line, " - nsfs "))
		return NULL;
	for (int field = 1; at && field < 4; field++)
		at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL;
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

int ipc_mounts_read(pid_t pid, int (*found)(void *context, ino_t inode, const char *point),
		    void *context)
{
	char path[64];
	FILE *file;
	char *line = NULL;
	size_t capacity = 0;
	int error = 0;

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOMEM ? ENOMEM : 0;
	while (!error) {
		ino_t inode;
		const char *point;

		errno = 0;
		if (getline(&line, &capacity, file) < 0) {
			error = errno == ENOMEM ? ENOMEM : 0;
			break;
		}
		point = parse_mount(line, &inode);
		if (point)
			error = found(context, inode, point);
	}
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

bool ipc_mounts_have(pid_t pid, ino_t inode, const char *point)
{
	struct place place = { .inode = inode, .point = point };

	ipc_mounts_read(pid, compare_place, &place);
	return place.is_there;
}
