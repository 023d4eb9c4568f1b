/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field: the table of everything that can be printed about a segment. -o, --sort,
 * --format, -r, JSON and -H all use it, so a new field is one row.
 */
#ifndef TEXT_FIELD_H
#define TEXT_FIELD_H

#include "shm/segment/segment.h"
#include "text/output.h"
#include "text/value.h"
#include "text/view.h"

struct field {
	const char *name;
	const char *title; /* heading of its column */
	bool to_the_right;
	struct value (*get)(struct view *view, const struct segment *segment);
	const char *help;
	unsigned int needs; /* NEEDS_* */
};

extern const struct field fields[];
extern const size_t field_count;

/* A list of fields, as pointers into the table. */
struct field_list {
	const struct field **items;
	size_t count;
	size_t capacity;
};

/* The largest number of columns. A row of them always fits into an output's buffer. */
enum { FIELDS_MAX = 100 };

/*
 * Set the list to the fields in word ("id,key,size"), add the fields in word to it, or add
 * those of another list. Return what is wrong, or NULL.
 */
const char *parse_fields(const char *word, struct field_list *list);
const char *add_fields(const char *word, struct field_list *list);
const char *append_fields(const struct field_list *others, struct field_list *list);

/* Removes repeated fields, since a JSON object must not have a name twice. */
void field_list_drop_repeats(struct field_list *list);
void field_list_free(struct field_list *list);

/* What must be read about processes before fields can be printed, as bits. */
enum {
	NEEDS_HOLDERS = 1,    /* the attached processes */
	NEEDS_CREATORS = 2,   /* start times of the creators, without which they are not named */
	NEEDS_LAST_USERS = 4, /* start times of the last users */
	NEEDS_PRESENT = 16,   /* how much of each mapping is in memory, with NEEDS_HOLDERS */
	NEEDS_NAMES = 32,     /* with -A, names of namespaces, and whether names of users apply */
	NEEDS_ORIGINS = 8,    /* units and command lines of all these processes */
};

unsigned int fields_need(const struct field_list *list);

/* The field with this name of length bytes, or NULL. */
const struct field *find_field(const char *name, size_t length);

/* What is wrong with a name that no field has; valid until the next call. */
const char *no_such_field(const char *name, size_t length);

/* Lists all fields and their meaning, for -H. */
void print_field_help(struct output *output);

#endif
