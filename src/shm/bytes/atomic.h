/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * atomic: words, which are 1, 2, 4 or 8 bytes at a multiple of their length.
 * Other processes see each access to one whole or not at all: it is one load,
 * one store, or one compare-and-swap, sequentially consistent. Values are in
 * host order. A place must be aligned to the word's length.
 */
#ifndef SHM_BYTES_ATOMIC_H
#define SHM_BYTES_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WORD_MAX = 8 };

/* Whether a range is a word. */
bool is_word(uint64_t offset, uint64_t length);

uint64_t word_load(const void *place, size_t length);
void word_store(void *place, size_t length, uint64_t value);

/*
 * Stores value if the word is *expected; otherwise sets *expected to what is
 * there and returns false.
 */
bool word_swap(void *place, size_t length, uint64_t *expected, uint64_t value);

/* A word's value from and to its bytes as they are in memory, at any address. */
uint64_t word_from_bytes(const unsigned char *bytes, size_t length);
void word_to_bytes(uint64_t value, unsigned char *bytes, size_t length);

#endif
