/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field: the one table of what can be told of a segment. It drives -o, --sort,
 * --format, -r, JSON and -H; a new field is one row.
 */
#ifndef TEXT_FIELD_H
#define TEXT_FIELD_H

#include "shm/segment/segment.h"
#include "text/output.h"
#include "text/value.h"
#include "text/view.h"

struct field {
	const char *name;
	const char *title; /* of its column */
	bool to_the_right;
	struct value (*get)(struct view *view, const struct segment *segment);
	const char *help;
};

extern const struct field fields[];
extern const size_t field_count;

/* A choice of fields, by pointers into the table. */
struct field_list {
	const struct field **items;
	size_t count;
	size_t capacity;
};

/* So many columns at most: a row of them always fits into an output's buffer. */
enum { FIELDS_MAX = 100 };

/* Sets the list to the fields named, with commas between; what is wrong, or NULL. */
const char *parse_fields(const char *word, struct field_list *list);
/* Adds fields to the list: those named, or those of another list. */
const char *add_fields(const char *word, struct field_list *list);
const char *append_fields(const struct field_list *others, struct field_list *list);
/* Leaves each field once in it: an object of JSON has no name twice. */
void field_list_drop_repeats(struct field_list *list);
void field_list_free(struct field_list *list);

/* Whether it shows who has the segment attached: only for that is /proc scanned. */
bool field_needs_holders(const struct field *field);
bool fields_need_holders(const struct field_list *list);

/* The field of this name, which is so long, or NULL. */
const struct field *find_field(const char *name, size_t length);
extern const char no_such_field[];

/* Lists all fields with what they mean, for -H. */
void print_field_help(struct output *output);

#endif
