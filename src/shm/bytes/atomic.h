/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * atomic: access to words. A word is 1, 2, 4 or 8 bytes at an offset that is a
 * multiple of its length. Each access is one load, one store or one
 * compare-and-swap, sequentially consistent: other processes never see half of
 * it. Values are in host byte order. place must be aligned to the word's length.
 */
#ifndef SHM_BYTES_ATOMIC_H
#define SHM_BYTES_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WORD_MAX = 8 };

/* Whether a range of this offset and length is a word. */
bool is_word(uint64_t offset, uint64_t length);

uint64_t word_load(const void *place, size_t length);
void word_store(void *place, size_t length, uint64_t value);

/*
 * Stores value if the word equals *expected. Otherwise sets *expected to the
 * word and returns false.
 */
bool word_swap(void *place, size_t length, uint64_t *expected, uint64_t value);

/* Convert a word's value from and to its bytes in memory, which need not be aligned. */
uint64_t word_from_bytes(const unsigned char *bytes, size_t length);
void word_to_bytes(uint64_t value, unsigned char *bytes, size_t length);

#endif
