/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/namespace_number.h"

#include <errno.h>
#include <sys/resource.h>

#include "shm/process/namespaces.h"

int namespace_open_number(ino_t inode, struct namespace *ns)
{
	struct namespaces found = { 0 };
	struct rlimit limit;
	/* what attach executes keeps its limit */
	bool limited = getrlimit(RLIMIT_NOFILE, &limit) == 0;
	int error = namespaces_find(&found, NULL);
	size_t i = 0;

	*ns = (struct namespace){ .fd = -1 };
	while (i < found.count && found.items[i].inode != inode)
		i++;
	if (!error && i == found.count)
		error = found.lost ? EAGAIN : ENXIO;
	if (!error && found.items[i].fd < 0)
		error = found.items[i].error; /* GCOVR_EXCL_LINE: rarely: not permitted to open */
	if (!error) {
		*ns = found.items[i];
		/* the caller has it now */
		found.items[i] = (struct namespace){ .fd = -1 };
	}
	namespaces_free(&found);
	if (limited)
		setrlimit(RLIMIT_NOFILE, &limit);
	return error;
}
