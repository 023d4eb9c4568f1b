/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/remedy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shm/system/procfile.h"

static int why_not_writable(const char *name)
{
	char path[128];
	char *dot;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	dot = strchr(path, '.');
	if (dot)
		*dot = '/';
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0 ? errno : 0;
}

const char *remedy_text(char text[REMEDY_SIZE], const char *in_namespace, const char *name,
			uint64_t value)
{
	/* each IPC namespace, and so each container, has its own kernel.shm* */
	bool of_namespace = strncmp(name, "kernel.shm", 10) == 0;
	int error = why_not_writable(name);
	const char *who = "";

	if (!of_namespace)
		in_namespace = "";
	if (error == EROFS && of_namespace) {
		snprintf(text, REMEDY_SIZE,
			 "start the container with --sysctl %s=%" PRIu64
			 " (Kubernetes: securityContext.sysctls)",
			 name, value);
		return text;
	}
	if (error == EROFS)
		who = "on the host, ";
	else if (error == ENOENT)
		who = "after mounting /proc, ";
	else if (error)
		who = geteuid() ? "as root, " : "as root outside of this user namespace, ";
	snprintf(text, REMEDY_SIZE, "%s%ssysctl %s=%" PRIu64 "%s", who, in_namespace, name, value,
		 *in_namespace ? "" : " (and in /etc/sysctl.d/ to keep it)");
	return text;
}

uint64_t most_segments(void)
{
	static const char option[] = "ipcmni_extend";
	char line[4096] = "";
	size_t length;

	if (file_read("/proc/cmdline", line, sizeof(line)))
		return SEGMENTS_MAX; /* GCOVR_EXCL_LINE: rarely: only a sandbox hides this file */
	for (const char *word = line + strspn(line, " \n"); *word; word += strspn(word, " \n")) {
		length = strcspn(word, " \n");
		if (length == sizeof(option) - 1 && strncmp(word, option, length) == 0)
			return SEGMENTS_MAX_EXTENDED;
		word += length;
	}
	return SEGMENTS_MAX;
}
