/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/bytes/atomic.h"

#include <string.h>

bool word_is(uint64_t offset, uint64_t length)
{
	return (length == 1 || length == 2 || length == 4 || length == 8) && offset % length == 0;
}

/* The four words that there are; a value is in the one that has its length. */
union word {
	uint8_t one;
	uint16_t two;
	uint32_t four;
	uint64_t eight;
};

static uint64_t value_of(const union word *word, size_t length)
{
	switch (length) {
	case 1:
		return word->one;
	case 2:
		return word->two;
	case 4:
		return word->four;
	default:
		return word->eight;
	}
}

static union word word_of(uint64_t value, size_t length)
{
	switch (length) {
	case 1:
		return (union word){ .one = (uint8_t)value };
	case 2:
		return (union word){ .two = (uint16_t)value };
	case 4:
		return (union word){ .four = (uint32_t)value };
	default:
		return (union word){ .eight = value };
	}
}

uint64_t word_from_bytes(const unsigned char *bytes, size_t length)
{
	union word word = { .eight = 0 };

	memcpy(&word, bytes, length);
	return value_of(&word, length);
}

void word_to_bytes(uint64_t value, unsigned char *bytes, size_t length)
{
	union word word = word_of(value, length);

	memcpy(bytes, &word, length);
}

/* Where it is mapped: a mapping begins with a page, so that it is aligned as its length says. */
static void *place_of(const struct memory *memory, uint64_t offset)
{
	return memory->bytes + offset;
}

/*
 * Whether nothing may be touched there, since that would give it memory. Of
 * huge pages no call tells; but what reads as other than zeroes is there. To be
 * sure that a zero was not half of two values (read(2) is not one load), it is
 * read twice.
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

int word_load(const struct memory *memory, uint64_t offset, size_t length, uint64_t *value)
{
	const void *place = place_of(memory, offset);
	bool hole;
	int error = is_hole(memory, offset, length, &hole);

	*value = 0;
	if (error || hole)
		return error;
	switch (length) {
	case 1:
		*value = __atomic_load_n((const uint8_t *)place, __ATOMIC_SEQ_CST);
		break;
	case 2:
		*value = __atomic_load_n((const uint16_t *)place, __ATOMIC_SEQ_CST);
		break;
	case 4:
		*value = __atomic_load_n((const uint32_t *)place, __ATOMIC_SEQ_CST);
		break;
	default:
		*value = __atomic_load_n((const uint64_t *)place, __ATOMIC_SEQ_CST);
	}
	return 0;
}

void word_store(const struct memory *memory, uint64_t offset, size_t length, uint64_t value)
{
	void *place = place_of(memory, offset);

	switch (length) {
	case 1:
		__atomic_store_n((uint8_t *)place, (uint8_t)value, __ATOMIC_SEQ_CST);
		break;
	case 2:
		__atomic_store_n((uint16_t *)place, (uint16_t)value, __ATOMIC_SEQ_CST);
		break;
	case 4:
		__atomic_store_n((uint32_t *)place, (uint32_t)value, __ATOMIC_SEQ_CST);
		break;
	default:
		__atomic_store_n((uint64_t *)place, value, __ATOMIC_SEQ_CST);
	}
}

bool word_swap(const struct memory *memory, uint64_t offset, size_t length, uint64_t *expected,
	       uint64_t value)
{
	void *place = place_of(memory, offset);
	union word old = word_of(*expected, length);
	bool done;

	switch (length) {
	case 1:
		done = __atomic_compare_exchange_n((uint8_t *)place, &old.one, (uint8_t)value,
						   false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		break;
	case 2:
		done = __atomic_compare_exchange_n((uint16_t *)place, &old.two, (uint16_t)value,
						   false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		break;
	case 4:
		done = __atomic_compare_exchange_n((uint32_t *)place, &old.four, (uint32_t)value,
						   false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		break;
	default:
		done = __atomic_compare_exchange_n((uint64_t *)place, &old.eight, value, false,
						   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	}
	*expected = value_of(&old, length);
	return done;
}
