/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field: the one table of what can be told of a segment. It drives -o, --sort,
 * --format, -r, JSON and -H; a new field is one row.
 */
#ifndef TEXT_FIELD_H
#define TEXT_FIELD_H

#include "shm/process/holders.h"
#include "shm/segment/judge.h"
#include "shm/segment/segment.h"
#include "text/names.h"
#include "text/output.h"
#include "text/units.h"

/* What is needed to tell of a segment, besides itself. */
struct view {
	struct judge *judge;
	struct names names;
	struct holders *holders;     /* NULL: nobody asked for them */
	struct intmap holders_texts; /* by id */
	bool numeric;                /* users and groups as numbers */
	bool words;                  /* the same of names with a blank or an = in them */
	bool exact;                  /* sizes in bytes */
	enum time_format times;
	bool color;   /* states in colour, in the table */
	size_t width; /* of the table, which cuts names to fit; 0: no bound */
	struct origin {
		bool known;
		uint64_t ns;   /* inode of the IPC namespace */
		char host[65]; /* the machine's name */
	} origin;              /* of our own segments */
};

void view_begin(struct view *view, struct judge *judge);
/* STATUS_DONE; or it says that names are missing in what was shown: STATUS_EXHAUSTED. */
enum status view_end(struct view *view);

enum value_kind {
	VALUE_UNKNOWN, /* "-" or null */
	VALUE_NUMBER,
	VALUE_SIZE,     /* bytes */
	VALUE_KEY,      /* 0x%08x */
	VALUE_MODE,     /* octal */
	VALUE_PERMS,    /* rw-r----- */
	VALUE_TIME,     /* seconds since 1970 */
	VALUE_DURATION, /* seconds */
	VALUE_FLAG,     /* yes or no */
	VALUE_TEXT,
	VALUE_STATE,   /* number: enum segment_state; text: its name */
	VALUE_PROCESS, /* number: the pid; text: its command, or "gone" */
	VALUE_HOLDERS, /* number: how many attachments; text: see holders_text() */
};

struct value {
	enum value_kind kind;
	uint64_t number;
	const char *text;
};

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
/* Leaves each field once in it: an object of JSON has no name twice. */
void field_list_drop_repeats(struct field_list *list);
void field_list_free(struct field_list *list);

/* Whether the field holders is among them: only then is /proc walked. */
bool fields_want_holders(const struct field_list *list);

/* Keys to sort by; descending for those with a '-' before their name. */
struct sort_key {
	const struct field *field;
	bool descending;
};

struct sort_keys {
	struct sort_key *items;
	size_t count;
	size_t capacity;
};

const char *parse_sort(const char *word, struct sort_keys *keys);

bool sort_wants_holders(const struct sort_keys *keys);

/* Sorts by the keys; segments that are equal in all stay in their order. */
enum status sort_segments(struct view *view, const struct sort_keys *keys, struct segment *segments,
			  size_t count);

/* Below or above 0, or 0, as a stands before or behind b; unknown comes first. */
int compare_values(const struct value *a, const struct value *b);

/*
 * A value as text: for people (sizes and durations short, times as the view
 * says), or for programs (exact; times in RFC 3339). Text of others comes
 * unescaped. The result is valid until the next call with the same buffer.
 */
enum { VALUE_TEXT_SIZE = 128 };
const char *value_for_people(const struct view *view, const struct value *value,
			     char buffer[VALUE_TEXT_SIZE]);
const char *value_for_programs(const struct value *value, char buffer[VALUE_TEXT_SIZE]);

/* Lists all fields with what they mean, for -H. */
void print_field_help(struct output *output);

/*
 * --format: text with %{field}, %%, \t, \n and \\. Checks it before anything
 * is done; then prints it for one segment, and a newline behind.
 */
const char *check_format(const char *format);
bool format_wants_holders(const char *format);
void print_format(struct output *output, const char *format, struct view *view,
		  const struct segment *segment);

#endif
