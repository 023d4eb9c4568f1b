/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/bytes/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "shm/bytes/atomic.h"
#include "shm/bytes/map_files.h"
#include "shm/bytes/pages.h"
#include "shm/bytes/residency.h"
#include "shm/process/holders.h"
#include "shm/segment/control.h"
#include "shm/system/compat.h"
#include "shm/system/write_all.h"

static uint64_t system_page(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

bool memory_is_huge(const struct memory *memory)
{
	return memory->page != system_page();
}

bool memory_is_file(const struct memory *memory, int fd)
{
	struct stat own;
	struct stat other;

	return fstat(memory->fd, &own) == 0 && fstat(fd, &other) == 0 &&
	       own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

static uint64_t page_of_file(int fd)
{
	struct statfs status;

	/* only hugetlbfs: tmpfs with transparent huge pages may show blocks larger than a page */
	if (fstatfs(fd, &status) == 0 && (unsigned int)status.f_type == HUGETLBFS_MAGIC)
		return (uint64_t)status.f_bsize;
	return system_page();
}

static void set_page(struct memory *memory, uint64_t page)
{
	memory->page = page;
	memory->mapped = round_up(memory->size, page);
}

static int attach(struct memory *memory, const struct segment *segment)
{
	struct segment now = { 0 };
	struct own_mapping mapping;
	void *attached;
	int error;

	if (detach_destroys(segment))
		return EOWNERDEAD;
	error = segment_attach(memory->id, NULL, memory->writable ? 0 : SHM_RDONLY, &attached);
	if (error)
		return error;
	/* from here on the id stays this segment's (hold.h) */
	error = segment_look_again(segment, &now);
	own_mapping_look(attached, &mapping);
	memory->attached = error != EIDRM;
	memory->trace = segment_trace(segment, &now);
	if (!error && mapping.length < segment->size)
		error = ENODATA;
	if (error) {
		shmdt(attached);
		return error;
	}
	memory->bytes = attached;
	memory->fd = map_files_open(attached, mapping.length, memory->writable ? O_RDWR : O_RDONLY);
	memory->maybe_huge = !mapping.page;
	set_page(memory, mapping.page ? mapping.page : system_page());
	return 0;
}

/*
 * Opens the segment for reading through a process that has it attached, which
 * leaves no trace; false: not possible. Checks the permission to read, since the
 * file's mode is always 0777.
 */
static bool open_through_holder(struct memory *memory, const struct segment *segment)
{
	struct shmid_ds ds;
	void *mapped;
	int fd;

	/* IPC_STAT requires the same permission as attaching it for reading */
	if (segment->nattch == 0 || shmctl(memory->id, IPC_STAT, &ds) < 0)
		return false;
	fd = holder_open(segment, O_RDONLY);
	if (fd < 0)
		return false;
	set_page(memory, page_of_file(fd));
	/* reading must not reserve huge pages that the segment does not have yet */
	mapped = mmap(NULL, memory->mapped, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (mapped == MAP_FAILED) {
		close(fd);
		return false;
	}
	memory->bytes = mapped;
	memory->fd = fd;
	return true;
}

int memory_open(struct memory *memory, const struct segment *segment, bool writable)
{
	int error = 0;

	*memory = (struct memory){
		.id = segment->id,
		.size = segment->size,
		.fd = -1,
		.writable = writable,
	};
	if (writable || !open_through_holder(memory, segment))
		error = attach(memory, segment);
	if (error)
		return error;
	memory->residency = residency_begin(segment->id, memory->bytes, memory->mapped);
	if (memory->residency)
		return 0;
	memory_close(memory);
	return ENOMEM;
}

void memory_close(struct memory *memory)
{
	residency_end(memory->residency);
	if (memory->fd >= 0)
		close(memory->fd);
	if (memory->attached)
		shmdt(memory->bytes);
	else
		munmap(memory->bytes, memory->mapped);
	*memory = (struct memory){ .fd = -1 };
}

/* Whether the segment's file was truncated to less than end bytes. */
static bool is_cut_short(int fd, uint64_t end)
{
	struct stat status;

	return fstat(fd, &status) == 0 && (uint64_t)status.st_size < end;
}

static int extent_of_file(int fd, uint64_t offset, uint64_t end, struct extent *extent)
{
	off_t data = lseek(fd, (off_t)offset, SEEK_DATA);
	off_t next = data;

	/* EINTR would mean that a signal ends the program */
	if (data < 0 && errno != ENXIO)
		return errno == EINTR ? EIO : errno;
	if (is_cut_short(fd, end))
		return ENODATA;
	extent->hole = data < 0 || (uint64_t)data > offset;
	if (!extent->hole)
		next = lseek(fd, (off_t)offset, SEEK_HOLE);
	/* past the last data, or truncated just now */
	if (next < 0 || (uint64_t)next > end || (uint64_t)next <= offset)
		next = (off_t)end;
	extent->length = (uint64_t)next - offset;
	return 0;
}

static int extent_of_mapping(const struct memory *memory, uint64_t offset, uint64_t end,
			     struct extent *extent)
{
	bool resident;
	uint64_t next;
	int error = residency_look(memory->residency, offset, end, &resident, &next);

	extent->hole =
		!resident && !memory->maybe_huge && residency_proves_holes(memory->residency);
	extent->length = next - offset;
	return error;
}

int memory_extent(const struct memory *memory, uint64_t offset, uint64_t end, struct extent *extent)
{
	*extent = (struct extent){ .offset = offset, .length = end - offset };
	/* for huge pages SEEK_DATA reports everything as data, and mincore(2) no page as resident */
	if (memory_is_huge(memory))
		return 0;
	if (memory->fd >= 0)
		return extent_of_file(memory->fd, offset, end, extent);
	return extent_of_mapping(memory, offset, end, extent);
}

bool memory_huge_taken(const struct memory *memory, uint64_t *taken)
{
	struct stat status;

	if (!memory_is_huge(memory) || memory->fd < 0 || fstat(memory->fd, &status) < 0)
		return false;
	*taken = (uint64_t)status.st_blocks * 512;
	/* the last page may reach beyond the segment */
	if (*taken > memory->size)
		*taken = memory->size;
	return true;
}

/* Where huge pages are is known only if all of them are allocated, or none. */
static enum place place_of_huge(const struct memory *memory)
{
	uint64_t taken;

	if (!memory_huge_taken(memory, &taken))
		return PLACE_UNKNOWN;
	if (taken == 0)
		return PLACE_HOLE;
	return taken == memory->size ? PLACE_MEMORY : PLACE_UNKNOWN;
}

/* Adds up where the bytes of a data extent are: those not in memory must be in swap. */
static int add_data(const struct memory *memory, uint64_t offset, uint64_t end,
		    struct places *places)
{
	enum place absent;
	uint64_t resident;
	int error = residency_count(memory->residency, offset, end, &resident);

	if (error)
		return error;
	/* without the file, data includes pages that only may be in swap */
	absent = memory->fd >= 0 && !residency_is_refused(memory->residency) ? PLACE_SWAP
									     : PLACE_UNKNOWN;
	places->bytes[PLACE_MEMORY] += resident;
	places->bytes[absent] += end - offset - resident;
	return 0;
}

int memory_places(const struct memory *memory, uint64_t offset, uint64_t length,
		  struct extent *known, struct places *places)
{
	uint64_t end = offset + length;
	uint64_t next;

	*places = (struct places){ 0 };
	if (memory_is_huge(memory)) {
		places->bytes[place_of_huge(memory)] = length;
		return 0;
	}
	for (; offset < end; offset = next) {
		bool is_known = offset >= known->offset && offset - known->offset < known->length;
		int error = is_known ? 0 : memory_extent(memory, offset, memory->size, known);

		if (error)
			return error;
		next = known->offset + known->length < end ? known->offset + known->length : end;
		if (known->hole)
			places->bytes[PLACE_HOLE] += next - offset;
		else
			error = add_data(memory, offset, next, places);
		if (error)
			return error;
	}
	return 0;
}

/* Reads all length bytes. Returns 0 or an errno value. */
static int read_at(int fd, void *bytes, size_t length, uint64_t offset)
{
	char *at = bytes;

	while (length) {
		ssize_t got = pread(fd, at, length, (off_t)offset);

		if (got < 0 && errno != EINTR)
			return errno;
		if (got == 0)
			return ENODATA; /* the file was truncated */
		if (got > 0) {
			at += got;
			length -= (size_t)got;
			offset += (uint64_t)got;
		}
	}
	return 0;
}

static int write_at(int fd, const void *bytes, size_t length, uint64_t offset)
{
	return lseek(fd, (off_t)offset, SEEK_SET) < 0 ? errno : write_all(fd, bytes, length);
}

int memory_get(const struct memory *memory, uint64_t offset, void *bytes, size_t length)
{
	uint64_t end = offset + length;
	unsigned char *at = bytes;

	if (memory->fd >= 0)
		return read_at(memory->fd, bytes, length, offset);
	while (offset < end) {
		struct extent extent;
		int error = memory_extent(memory, offset, end, &extent);

		if (error)
			return error;
		if (extent.hole)
			memset(at, 0, extent.length); /* GCOVR_EXCL_LINE: rarely: a new hole */
		else
			memcpy(at, memory->bytes + offset, extent.length);
		at += extent.length;
		offset += extent.length;
	}
	return 0;
}

/*
 * Whether a word must not be touched because it lies in a hole. For huge pages no
 * call shows that, but a word that is not zero is not in a hole. A zero may be a
 * mix of two values, since read(2) is not one load: so it is read twice.
 */
static int is_hole(const struct memory *memory, uint64_t offset, size_t length, bool *hole)
{
	unsigned char bytes[WORD_MAX] = { 0 };
	struct extent extent = { 0 };
	int error = 0;

	if (!memory_is_huge(memory) || memory->fd < 0) {
		error = memory_extent(memory, offset, offset + length, &extent);
		*hole = extent.hole;
		return error;
	}
	*hole = true;
	for (int i = 0; i < 2 && !error && *hole; i++) {
		error = memory_get(memory, offset, bytes, length);
		*hole = word_from_bytes(bytes, length) == 0;
	}
	return error;
}

int memory_load(const struct memory *memory, uint64_t offset, size_t length, uint64_t *value)
{
	bool hole;
	int error = is_hole(memory, offset, length, &hole);

	*value = error || hole ? 0 : word_load(memory->bytes + offset, length);
	return error;
}

int memory_put(const struct memory *memory, uint64_t offset, const void *bytes, size_t length)
{
	if (is_word(offset, length)) {
		word_store(memory->bytes + offset, length, word_from_bytes(bytes, length));
		return 0;
	}
	/* hugetlbfs does not support write(2); for other files RLIMIT_FSIZE limits it */
	if (memory->fd >= 0 && !memory_is_huge(memory)) {
		int error = write_at(memory->fd, bytes, length, offset);

		if (error != EFBIG)
			return error;
	}
	memory_prepare(memory, offset, length, true);
	memcpy(memory->bytes + offset, bytes, length);
	return 0;
}

/* Frees whole pages. Returns 0 or an errno value. */
static int punch(const struct memory *memory, uint64_t first, uint64_t last)
{
	if (memory->fd >= 0)
		return fallocate(memory->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				 (off_t)first, (off_t)(last - first)) < 0
			       ? errno
			       : 0;
	return madvise(memory->bytes + first, last - first, MADV_REMOVE) < 0 ? errno : 0;
}

/*
 * Zeroes huge pages. Bytes that read as zero are not touched: they may be holes, and
 * writing to one requires a free huge page.
 */
static int clear_huge(const struct memory *memory, uint64_t offset, uint64_t end)
{
	static unsigned char piece[64 * 1024];

	while (offset < end) {
		size_t length = end - offset < sizeof(piece) ? end - offset : sizeof(piece);
		int error = read_at(memory->fd, piece, length, offset);

		if (error)
			return error;
		/* not all bytes are zero */
		if (piece[0] || memcmp(piece, piece + 1, length - 1) != 0)
			memset(memory->bytes + offset, 0, length);
		offset += length;
	}
	return 0;
}

/* Zeroes less than a page, or pages that cannot be freed. Holes are skipped. */
static int clear(const struct memory *memory, uint64_t offset, uint64_t end)
{
	if (memory_is_huge(memory) && memory->fd >= 0)
		return clear_huge(memory, offset, end);
	while (offset < end) {
		struct extent extent;
		int error = memory_extent(memory, offset, end, &extent);

		if (error)
			return error;
		if (!extent.hole)
			memset(memory->bytes + offset, 0, extent.length);
		offset += extent.length;
	}
	return 0;
}

int memory_zero(const struct memory *memory, uint64_t offset, uint64_t length)
{
	uint64_t end = offset + length;
	uint64_t first = round_up(offset, memory->page);
	/* a last page that the segment fills only in part can be freed, too */
	uint64_t last = end == memory->size ? round_up(end, memory->page)
					    : end / memory->page * memory->page;
	int error;

	if (first >= last || punch(memory, first, last))
		return clear(memory, offset, end);
	error = clear(memory, offset, first);
	return error || end <= last ? error : clear(memory, last, end);
}

void memory_prepare(const struct memory *memory, uint64_t offset, uint64_t length, bool writing)
{
	uint64_t page = system_page();
	uint64_t first = offset / page * page;
	int saved = errno;

	madvise(memory->bytes + first, round_up(offset + length, page) - first,
		writing ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
	errno = saved;
}
