/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz: what the fuzzers share. Each tests/fuzz/NAME.c is one: libFuzzer calls
 * LLVMFuzzerTestOneInput with what it made up, and CHECK ends it when the
 * program did not do what it must. tests/fuzz/seeds/NAME is where it starts.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                        \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                \
		}                                                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes as a string of their own, to be freed, so that a step too far is seen. */
static inline char *fuzz_word(const uint8_t *data, size_t size)
{
	char *word = malloc(size + 1);

	if (!word)
		abort();
	if (size)
		memcpy(word, data, size);
	word[size] = '\0';
	return word;
}

#endif
