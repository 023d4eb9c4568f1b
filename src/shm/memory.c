/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "shm/control.h"

int memory_open(struct memory *memory, int id, bool writable)
{
	struct segment segment;
	void *attached;
	int error = segment_look(id, &segment);

	if (error)
		return error;
	if (segment.nattch == 0 && !segment.dest && removal_is_forced())
		return EOWNERDEAD;
	error = segment_attach(id, NULL, writable ? 0 : SHM_RDONLY, &attached);
	if (error)
		return error;
	*memory = (struct memory){
		.bytes = attached,
		.size = segment.size,
		.writable = writable,
	};
	return 0;
}

void memory_put(struct memory *memory, uint64_t offset, const void *bytes, size_t length)
{
	unsigned char *place = memory->bytes + offset;
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	switch (length && offset % length == 0 ? length : 0) {
	case 1:
		__atomic_store_n(place, *(const unsigned char *)bytes, __ATOMIC_SEQ_CST);
		return;
	case 2:
		memcpy(&two, bytes, length);
		__atomic_store_n((uint16_t *)(void *)place, two, __ATOMIC_SEQ_CST);
		return;
	case 4:
		memcpy(&four, bytes, length);
		__atomic_store_n((uint32_t *)(void *)place, four, __ATOMIC_SEQ_CST);
		return;
	case 8:
		memcpy(&eight, bytes, length);
		__atomic_store_n((uint64_t *)(void *)place, eight, __ATOMIC_SEQ_CST);
		return;
	default:
		memcpy(place, bytes, length);
	}
}

int memory_zero(struct memory *memory, uint64_t offset, uint64_t length)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t first = (offset + page - 1) / page * page;
	uint64_t last = offset + length;

	/* the page that the segment ends in belongs to it whole */
	last = last == memory->size ? (last + page - 1) / page * page : last / page * page;
	if (first >= last || madvise(memory->bytes + first, last - first, MADV_REMOVE) < 0) {
		memset(memory->bytes + offset, 0, length);
		return 0;
	}
	memset(memory->bytes + offset, 0, first - offset);
	if (offset + length > last)
		memset(memory->bytes + last, 0, offset + length - last);
	return 0;
}

void memory_close(struct memory *memory)
{
	shmdt(memory->bytes);
	memory->bytes = NULL;
}
