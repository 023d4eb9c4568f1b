/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/bytes/atomic.h"

#include <string.h>

bool is_word(uint64_t offset, uint64_t length)
{
	return (length == 1 || length == 2 || length == 4 || length == 8) && offset % length == 0;
}

uint64_t word_load(const void *place, size_t length)
{
	switch (length) {
	case 1:
		return __atomic_load_n((const uint8_t *)place, __ATOMIC_SEQ_CST);
	case 2:
		return __atomic_load_n((const uint16_t *)place, __ATOMIC_SEQ_CST);
	case 4:
		return __atomic_load_n((const uint32_t *)place, __ATOMIC_SEQ_CST);
	default:
		return __atomic_load_n((const uint64_t *)place, __ATOMIC_SEQ_CST);
	}
}

void word_store(void *place, size_t length, uint64_t value)
{
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

/* One function for each length: the builtin requires that expected has that type. */
#define DEFINE_SWAP(type)                                                                        \
	static bool swap_##type(void *place, uint64_t *expected, uint64_t value)                 \
	{                                                                                        \
		type old = (type)*expected;                                                      \
		bool done = __atomic_compare_exchange_n((type *)place, &old, (type)value, false, \
							__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);     \
                                                                                                 \
		*expected = old;                                                                 \
		return done;                                                                     \
	}

DEFINE_SWAP(uint8_t)
DEFINE_SWAP(uint16_t)
DEFINE_SWAP(uint32_t)
DEFINE_SWAP(uint64_t)

bool word_swap(void *place, size_t length, uint64_t *expected, uint64_t value)
{
	switch (length) {
	case 1:
		return swap_uint8_t(place, expected, value);
	case 2:
		return swap_uint16_t(place, expected, value);
	case 4:
		return swap_uint32_t(place, expected, value);
	default:
		return swap_uint64_t(place, expected, value);
	}
}

uint64_t word_from_bytes(const unsigned char *bytes, size_t length)
{
	_Alignas(WORD_MAX) unsigned char place[WORD_MAX];

	memcpy(place, bytes, length);
	return word_load(place, length);
}

void word_to_bytes(uint64_t value, unsigned char *bytes, size_t length)
{
	_Alignas(WORD_MAX) unsigned char place[WORD_MAX];

	word_store(place, length, value);
	memcpy(bytes, place, length);
}
