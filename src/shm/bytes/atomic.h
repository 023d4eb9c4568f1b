/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * atomic: accesses of 1, 2, 4 or 8 bytes at a multiple of their length, which
 * other processes see whole or not at all: each is one load, one store, or
 * one compare-and-swap, sequentially consistent. Values are in host order.
 */
#ifndef SHM_BYTES_ATOMIC_H
#define SHM_BYTES_ATOMIC_H

#include "shm/bytes/memory.h"

enum { WORD_MAX = 8 };

/* Whether a range is a word. */
bool word_is(uint64_t offset, uint64_t length);

/* A word's value and its bytes, as they are in memory. */
uint64_t word_from_bytes(const unsigned char *bytes, size_t length);
void word_to_bytes(uint64_t value, unsigned char *bytes, size_t length);

/*
 * The word of this length at offset, which must lie inside. A hole is 0, and
 * gets no memory by that. Returns 0 or an errno value.
 */
int word_load(const struct memory *memory, uint64_t offset, size_t length, uint64_t *value);

/* Puts a word. */
void word_store(const struct memory *memory, uint64_t offset, size_t length, uint64_t value);

/*
 * Puts a word if it is *expected; otherwise sets *expected to what is there
 * and returns false.
 */
bool word_swap(const struct memory *memory, uint64_t offset, size_t length, uint64_t *expected,
	       uint64_t value);

#endif
