/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keep list. What it must never do is lose a line: a list that is taken is
 * taken whole, with a known line at its front and at its end, and a fault is
 * always told.
 */
#include "fuzz.h"

#include <pwd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/keepfile.h"

enum { FIRST_KEY = 0x4d2, LAST_KEY = 0x162e, KNOWN_USER = 4711 };

/* The linker wraps it: no look-ups. */
int __wrap_getpwnam_r(const char *name, struct passwd *entry, char *text, size_t size,
		      struct passwd **found);

int __wrap_getpwnam_r(const char *name, struct passwd *entry, char *text, size_t size,
		      struct passwd **found)
{
	(void)text;
	(void)size;
	entry->pw_uid = KNOWN_USER;
	*found = strcmp(name, "user") == 0 ? entry : NULL;
	return 0;
}

/* A file in memory with these parts, to which only this process may write. */
static int make_file(const char *front, const uint8_t *data, size_t size, const char *back)
{
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("keep", 0);
		if (fd < 0 || fchmod(fd, 0644))
			abort();
	}
	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET) ||
	    write(fd, front, strlen(front)) != (ssize_t)strlen(front) ||
	    (size && write(fd, data, size) != (ssize_t)size) ||
	    write(fd, back, strlen(back)) != (ssize_t)strlen(back))
		abort();
	return fd;
}

static bool read_list(struct keep *keep, int fd)
{
	char fault[KEEPFILE_FAULT_SIZE];
	static const char path[] = "/a/keep";
	bool good;

	*keep = (struct keep){ 0 };
	memset(fault, 0, sizeof(fault));
	/* what is read begins at the front */
	fd = lseek(fd, 0, SEEK_SET) == 0 ? dup(fd) : -1;
	if (fd < 0)
		abort();
	good = keepfile_parse(keep, fd, path, fault);
	CHECK(memchr(fault, '\0', sizeof(fault)));
	CHECK(good == !fault[0]);
	CHECK(good || strncmp(fault, path, strlen(path)) == 0);
	return good;
}

static bool names_key(const struct keep *keep, key_t key)
{
	return keep_names(keep, &(struct segment){ .key = key, .cuid = (uid_t)-1 });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keep keep;
	struct keep longer;
	bool good = read_list(&keep, make_file("", data, size, ""));

	CHECK(read_list(&longer, make_file("0x4d2\ncreator:user\n", data, size, "\n0x162e")) ==
	      good);
	CHECK(names_key(&longer, FIRST_KEY));
	CHECK(keep_names(&longer, &(struct segment){ .cuid = KNOWN_USER }));
	if (good) {
		CHECK(!size || !memchr(data, '\0', size));
		CHECK(names_key(&longer, LAST_KEY));
		/* what is named twice is there once */
		CHECK(longer.keys.count ==
		      keep.keys.count + !names_key(&keep, FIRST_KEY) + !names_key(&keep, LAST_KEY));
		CHECK(longer.creators.count >= keep.creators.count);
		CHECK(longer.creators.count <= keep.creators.count + 1);
		for (size_t i = 0; i < keep.keys.capacity; i++) {
			const struct intmap_slot *slot = &keep.keys.slots[i];

			CHECK(!slot->value || (slot->key && names_key(&longer, (key_t)slot->key)));
		}
	}
	keep_free(&longer);
	keep_free(&keep);
	return 0;
}
