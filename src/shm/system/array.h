/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * array: arrays that grow. An array is a struct with these three members, all
 * zero at first. Free its items with free(3).
 *
 *	struct numbers {
 *		int *items;
 *		size_t count;
 *		size_t capacity;
 *	};
 *
 *	int error = ARRAY_MAKE_ROOM(numbers);
 *
 *	if (!error)
 *		numbers->items[numbers->count++] = 42;
 */
#ifndef SHM_SYSTEM_ARRAY_H
#define SHM_SYSTEM_ARRAY_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/*
 * Makes room for one more item after the last. Returns 0, or ENOMEM; then the
 * array is as it was. Items may move.
 */
#define ARRAY_MAKE_ROOM(array)                                                       \
	array_make_room((void *)&(array)->items, (array)->count, &(array)->capacity, \
			sizeof(*(array)->items))

/*
 * gcc -fanalyzer of GCC 12 loses track of an array that grows a second time, and
 * reports "leak of <unknown>". There is no leak: the caller frees the items.
 */
#if defined(__GNUC__) && __GNUC__ >= 10 && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/* ARRAY_MAKE_ROOM() for members with other names. items is the address of the items pointer. */
static inline int array_make_room(void *items, size_t count, size_t *capacity, size_t item_size)
{
	size_t larger = *capacity ? *capacity * 2 : 16;
	void *pointer;
	void *grown;

	if (count < *capacity)
		return 0;
	/* copied by bytes: strict aliasing forbids reading another type's pointer as void * */
	memcpy(&pointer, items, sizeof(pointer));
	grown = reallocarray(pointer, larger, item_size);
	if (!grown)
		return ENOMEM;
	memcpy(items, &grown, sizeof(grown));
	*capacity = larger;
	/* items points to the memory now, which cppcheck does not see */
	/* cppcheck-suppress memleak */
	return 0;
}

#if defined(__GNUC__) && __GNUC__ >= 10 && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#endif
