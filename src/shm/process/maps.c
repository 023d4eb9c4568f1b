/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const char name_front[] = "/SYSV";
static const char name_back[] = " (deleted)";

enum {
	FRONT = sizeof(name_front) - 1,
	DIGITS = 8,
	BACK = sizeof(name_back) - 1,
};

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads digits of this base up to the character that must follow them, and skips it. */
static bool take_number(const char **at, const char *end, unsigned int base, char behind,
			uint64_t *number)
{
	const char *first = *at;

	for (*number = 0; *at < end; ++*at) {
		int digit = digit_value(**at);

		if (digit < 0 || (unsigned int)digit >= base)
			break;
		if (__builtin_mul_overflow(*number, base, number) ||
		    __builtin_add_overflow(*number, (unsigned int)digit, number))
			return false; /* GCOVR_EXCL_LINE: the kernel writes no such number */
	}
	if (*at == first || *at == end || **at != behind)
		return false;
	++*at;
	return true;
}

/* Whether a mapping's name is that of a segment. Sets the key from the name. */
static bool is_segment(const char *name, size_t length, key_t *key)
{
	const char *digits = name + FRONT;
	uint64_t number;

	if (length != FRONT + DIGITS + BACK || memcmp(name, name_front, FRONT) != 0 ||
	    memcmp(digits + DIGITS, name_back, BACK) != 0 ||
	    !take_number(&digits, digits + DIGITS + 1, 16, ' ', &number) ||
	    digits != name + FRONT + DIGITS + 1)
		return false;
	*key = (key_t)(uint32_t)number;
	return true;
}

/* Reads "rw-s" and a space. Returns false for a private mapping, too. */
static bool take_access(const char **at, const char *end, enum mapping_access *access)
{
	const char *flags = *at;

	if (end - flags < 5 || flags[3] != 's' || flags[4] != ' ')
		return false;
	if (flags[1] == 'w')
		*access = MAPPING_WRITE;
	else
		*access = flags[0] == 'r' ? MAPPING_READ : MAPPING_NONE;
	*at += 5;
	return true;
}

/*
 * Parses one line without its newline:
 *
 *     7f35a6000000-7f35a6001000 rw-s 00000000 00:01 32768      /SYSV000004d2 (deleted)
 */
static bool parse_line(const char *at, const char *end, struct mapping *mapping)
{
	uint64_t major_number;
	uint64_t minor_number;

	if (!take_number(&at, end, 16, '-', &mapping->start) ||
	    !take_number(&at, end, 16, ' ', &mapping->end) ||
	    !take_access(&at, end, &mapping->access) ||
	    !take_number(&at, end, 16, ' ', &mapping->offset) ||
	    !take_number(&at, end, 16, ':', &major_number) ||
	    !take_number(&at, end, 16, ' ', &minor_number) ||
	    !take_number(&at, end, 10, ' ', &mapping->inode))
		return false;
	while (at < end && *at == ' ')
		at++;
	mapping->device = makedev((unsigned int)major_number, (unsigned int)minor_number);
	return mapping->start < mapping->end && is_segment(at, (size_t)(end - at), &mapping->key);
}

bool maps_next(const char **at, const char *end, struct mapping *mapping)
{
	const char *name;

	/* most lines are other mappings: parse only those that contain the name */
	while ((name = memmem(*at, (size_t)(end - *at), name_front, FRONT))) {
		const char *newline = memrchr(*at, '\n', (size_t)(name - *at));
		const char *line = newline ? newline + 1 : *at;
		const char *line_end = memchr(name, '\n', (size_t)(end - name));

		if (!line_end)
			line_end = end; /* GCOVR_EXCL_LINE: only the fuzzer passes half a line */
		*at = line_end < end ? line_end + 1 : end;
		if (parse_line(line, line_end, mapping))
			return true;
	}
	*at = end;
	return false;
}

/* Adds the device of the kernel's files for these flags of memfd_create(2). */
static int add_device(struct maps *maps, unsigned int flags, uint64_t page)
{
	struct stat status;
	int fd = memfd_create("shmtool", MFD_CLOEXEC | flags);
	int error = 0;

	if (fd < 0)
		return errno;
	if (fstat(fd, &status) < 0)
		error = errno;
	else
		maps->devices[maps->device_count++] =
			(struct maps_device){ .device = status.st_dev, .page = page };
	close(fd);
	return error;
}

int maps_begin(struct maps *maps)
{
	int error;

	*maps = (struct maps){ 0 };
	error = add_device(maps, 0, (uint64_t)sysconf(_SC_PAGESIZE));
	/* an empty file needs no huge page; ENODEV: the machine has no pages of this size */
	for (unsigned int bits = 12; !error && bits < 12 + MAPS_DEVICES_MAX - 1; bits++)
		add_device(maps, MFD_HUGETLB | bits << MAP_HUGE_SHIFT, UINT64_C(1) << bits);
	return error;
}

void maps_end(struct maps *maps)
{
	free(maps->text);
	*maps = (struct maps){ 0 };
}

static const struct maps_device *find_device(const struct maps *maps, dev_t device)
{
	for (size_t i = 0; i < maps->device_count; i++) {
		if (maps->devices[i].device == device)
			return &maps->devices[i];
	}
	return NULL;
}

/*
 * PROCMAP_QUERY, an ioctl(2) on an open /proc/PID/maps (linux/fs.h of Linux 6.11):
 * returns the mapping at an address, or the next one of the wanted kind.
 */
struct procmap_query {
	uint64_t size; /* of this struct, in bytes */
	uint64_t wanted;
	uint64_t address;
	uint64_t start;
	uint64_t end;
	uint64_t flags;
	uint64_t page;
	uint64_t offset;
	uint64_t inode;
	uint32_t device_major;
	uint32_t device_minor;
	uint32_t name_size; /* in: size of the buffer; out: length of the name, plus 1 */
	uint32_t build_id_size;
	uint64_t name;
	uint64_t build_id;
};

#define ASK_MAPPING _IOWR('f', 17, struct procmap_query)

enum {
	MAPPING_IS_READABLE = 1,
	MAPPING_IS_WRITABLE = 2,
	WANT_SHARED = 8,
	WANT_THIS_OR_NEXT = 16,
	WANT_FILE = 32,
};

/* glibc declares the request as unsigned long, musl as int; the kernel uses 32 bits. */
static int ask(int fd, struct procmap_query *query)
{
	return ioctl(fd, (int)ASK_MAPPING, query);
}

/* Queries the mapping at this address again, this time with its name, which takes longer. */
static bool ask_name(int fd, uint64_t address, struct procmap_query *query, key_t *key)
{
	/* too short only for names that are not segments'; zeroed for memory checkers */
	char name[64] = { 0 };

	*query = (struct procmap_query){
		.size = sizeof(*query),
		.wanted = WANT_SHARED | WANT_FILE,
		.address = address,
		.name_size = sizeof(name),
		.name = (uintptr_t)name,
	};
	return ask(fd, query) == 0 && query->name_size > 0 && query->name_size <= sizeof(name) &&
	       is_segment(name, query->name_size - 1, key);
}

static const struct maps_device *device_of(const struct maps *maps,
					   const struct procmap_query *query)
{
	return find_device(maps, makedev(query->device_major, query->device_minor));
}

static enum mapping_access access_of(uint64_t flags)
{
	if (flags & MAPPING_IS_WRITABLE)
		return MAPPING_WRITE;
	return flags & MAPPING_IS_READABLE ? MAPPING_READ : MAPPING_NONE;
}

/* Returns ENOTTY if the kernel or a sandbox does not support the query. */
static int read_by_query(const struct maps *maps, int fd,
			 int (*found)(void *context, const struct mapping *mapping), void *context)
{
	uint64_t address = 0;
	int error = 0;

	while (!error) {
		struct procmap_query query = {
			.size = sizeof(query),
			.wanted = WANT_SHARED | WANT_FILE | WANT_THIS_OR_NEXT,
			.address = address,
		};
		const struct maps_device *device;
		struct procmap_query named;
		key_t key;

		if (ask(fd, &query) < 0) {
			if (errno == ENOENT)
				return 0;
			return address == 0 && errno != ESRCH ? ENOTTY : errno;
		}
		address = query.end;
		if (!device_of(maps, &query) || !ask_name(fd, query.start, &named, &key))
			continue;
		device = device_of(maps, &named);
		if (!device)
			continue; /* GCOVR_EXCL_LINE: rarely: the mapping changed in between */
		address = named.end;
		error = found(context, &(struct mapping){
					       .start = named.start,
					       .end = named.end,
					       .offset = named.offset,
					       .inode = named.inode,
					       .page = device->page,
					       .device = device->device,
					       .key = key,
					       .access = access_of(named.flags),
				       });
	}
	return error;
}

enum { TEXT_SIZE = 64 * 1024 };

static int read_by_text(struct maps *maps, int fd,
			int (*found)(void *context, const struct mapping *mapping), void *context)
{
	bool empty = true;
	bool skips = false; /* the rest of a long line: that of a segment is short */
	size_t held = 0;

	if (!maps->text)
		maps->text = malloc(TEXT_SIZE);
	if (!maps->text)
		return ENOMEM;
	for (;;) {
		ssize_t got = read(fd, maps->text + held, TEXT_SIZE - held);
		const char *at = maps->text;
		const char *newline;
		struct mapping mapping;

		if (got < 0 && errno == EINTR)
			continue; /* GCOVR_EXCL_LINE: rarely: the kernel does not wait here */
		if (got < 0)
			return errno;
		if (got == 0)
			return empty ? ESRCH : 0; /* maps of a task without memory is empty */
		empty = false;
		held += (size_t)got;
		newline = memrchr(maps->text, '\n', held);
		if (!newline) {
			skips |= held == TEXT_SIZE;
			held = skips ? 0 : held;
			continue;
		}
		if (skips)
			at = (const char *)memchr(at, '\n', held) + 1;
		skips = false;
		while (maps_next(&at, newline + 1, &mapping)) {
			const struct maps_device *device = find_device(maps, mapping.device);
			int error;

			if (!device)
				continue;
			mapping.page = device->page;
			error = found(context, &mapping);
			if (error)
				return error;
		}
		held -= (size_t)(newline + 1 - maps->text);
		memmove(maps->text, newline + 1, held);
	}
}

int maps_read(struct maps *maps, pid_t task,
	      int (*found)(void *context, const struct mapping *mapping), void *context)
{
	char path[64];
	int error = ENOTTY;
	int fd;

	/* a thread has such a directory, too, although listing /proc does not show it */
	snprintf(path, sizeof(path), "/proc/%d/maps", task);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? ESRCH : errno;
	if (!maps->by_text) {
		error = read_by_query(maps, fd, found, context);
		maps->by_text = error == ENOTTY;
	}
	if (maps->by_text)
		error = read_by_text(maps, fd, found, context);
	close(fd);
	return error;
}
