/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/identities.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/system/safe_open.h"

struct search {
	int inotify; /* a descriptor, which identify() uses */
	struct holder **holders;
	size_t count;
	int flags;
	int *fds;
};

/* What a worker sends about a mapping, with its descriptor. */
struct answer {
	size_t index;
	int error;
};

/*
 * Returns the identity of an inode, or a negative errno value. The identity is an
 * inotify watch: inotify returns the same watch for the same inode, on any file
 * system. Its events are not read. (name_to_handle_at(2) supports hugetlbfs only
 * since Linux 6.5, and its handle has only the inode number.)
 */
static int identify(int inotify, int fd)
{
	char path[64];
	int watch;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	watch = inotify_add_watch(inotify, path, IN_DELETE_SELF);
	return watch < 0 ? -errno : watch;
}

/* Opens the mapped file of a holder, unless its process has mapped another file there since. */
static int open_mapping(const struct holder *holder, int flags, int *fd)
{
	const struct mapping *mapping = &holder->mapping;
	char path[80];
	int place;
	int error;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, holder->task,
		 mapping->start, mapping->end);
	error = open_if_same(path, mapping->device, mapping->inode, fd);
	if (error || flags & O_PATH)
		return error;
	place = *fd;
	error = open_again(place, flags, fd);
	close(place);
	return error;
}

static int look(const struct worker *worker, void *context, pid_t pid, int process)
{
	const struct search *search = context;

	(void)process;
	for (size_t i = mappings_first_of(search->holders, search->count, pid);
	     i < search->count && search->holders[i]->pid == pid; i++) {
		const struct holder *holder = search->holders[i];
		struct answer answer = { .index = i };
		int fd;

		answer.error = open_mapping(holder, search->flags, &fd);
		worker_send(worker, &answer, sizeof(answer), fd);
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

/* Whether an earlier mapping has the same identity. */
static bool is_repeated(const struct search *search, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (search->holders[i]->identity == search->holders[index]->identity)
			return true;
	}
	return false;
}

/* Identifies a file that was opened. Returns whether the descriptor is kept. */
static bool take_file(struct search *search, size_t index, int fd)
{
	struct holder *holder = search->holders[index];
	struct stat status;
	int identity;

	if (fstat(fd, &status) < 0 || status.st_dev != holder->mapping.device ||
	    status.st_ino != holder->mapping.inode) {
		holder->error = ENOENT; /* another file is mapped there now */
		return false;
	}
	identity = identify(search->inotify, fd);
	holder->bytes = (uint64_t)status.st_size;
	holder->creator = status.st_uid;
	holder->identity = identity > 0 ? identity : 0;
	holder->error = identity > 0 ? 0 : -identity;
	if (!search->fds || identity <= 0 || is_repeated(search, index))
		return false;
	search->fds[index] = fd;
	return true;
}

static int take(void *context, pid_t pid, const void *message, size_t size, int fd)
{
	struct search *search = context;
	const struct answer *answer = message;
	bool valid = size == sizeof(*answer) && answer->index < search->count &&
		     search->holders[answer->index]->pid == pid && (fd >= 0) == !answer->error &&
		     (!search->fds || search->fds[answer->index] < 0);

	if (valid && answer->error)
		search->holders[answer->index]->error = answer->error;
	if (fd >= 0 && !(valid && take_file(search, answer->index, fd)))
		close(fd);
	return valid ? 0 : EBADMSG;
}

int identities_find(struct holder **holders, size_t count, int flags, int *fds,
		    struct scan_losses *losses)
{
	/* if it is refused, so is each watch */
	struct search search = { inotify_init1(IN_CLOEXEC), holders, count, flags, fds };
	struct scan scan = { .look = look, .take = take, .context = &search, .losses = losses };
	int error;

	for (size_t i = 0; i < count; i++) {
		holders[i]->identity = 0;
		holders[i]->error = ETIMEDOUT; /* until the process answers */
		if (fds)
			fds[i] = -1;
	}
	error = mappings_scan(holders, count, &scan);
	if (search.inotify >= 0)
		close(search.inotify);
	return error;
}

bool identity_is_gone(const struct holder *holder)
{
	return holder->error == ENOENT || holder->error == ESRCH;
}
