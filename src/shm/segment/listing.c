/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/listing.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

#include "shm/segment/control.h"

enum {
	BUFFER_SIZE = 64 * 1024, /* also the longest line that is accepted */
	COLUMNS_MAX = 64,        /* the kernel writes 16 */
};

/* The perms column is octal, and carries two flags above the permission bits. */
enum { PERMS_DEST = 01000, PERMS_LOCKED = 02000, PERMS_MAX = 07777 };

/* How a column of the list is read and stored. */
enum storage { STORE_32, STORE_64, STORE_KEY, STORE_PERMS };

/* The columns that we know, by the names in the kernel's header. */
static const struct column {
	const char *name;
	uint64_t max; /* the largest number that is one */
	size_t offset;
	enum storage storage;
	bool optional;
} columns[] = {
	{ "key", UINT32_MAX, offsetof(struct segment, key), STORE_KEY, false },
	{ "shmid", INT32_MAX, offsetof(struct segment, id), STORE_32, false },
	{ "perms", PERMS_MAX, offsetof(struct segment, mode), STORE_PERMS, false },
	{ "size", UINT64_MAX, offsetof(struct segment, size), STORE_64, false },
	{ "cpid", INT32_MAX, offsetof(struct segment, cpid), STORE_32, false },
	{ "lpid", INT32_MAX, offsetof(struct segment, lpid), STORE_32, false },
	{ "nattch", UINT64_MAX, offsetof(struct segment, nattch), STORE_64, false },
	{ "uid", UINT32_MAX, offsetof(struct segment, uid), STORE_32, false },
	{ "gid", UINT32_MAX, offsetof(struct segment, gid), STORE_32, false },
	{ "cuid", UINT32_MAX, offsetof(struct segment, cuid), STORE_32, false },
	{ "cgid", UINT32_MAX, offsetof(struct segment, cgid), STORE_32, false },
	{ "atime", INT64_MAX, offsetof(struct segment, atime), STORE_64, false },
	{ "dtime", INT64_MAX, offsetof(struct segment, dtime), STORE_64, false },
	{ "ctime", INT64_MAX, offsetof(struct segment, ctime), STORE_64, false },
	{ "rss", UINT64_MAX, offsetof(struct segment, rss), STORE_64, true },
	{ "swap", UINT64_MAX, offsetof(struct segment, swap), STORE_64, true },
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

struct parser {
	struct listing *list;
	struct listing_fault *fault;
	const struct column *layout[COLUMNS_MAX]; /* NULL: a column we do not know */
	size_t width;                             /* columns in the header; 0: none read yet */
	const char *above;                        /* the row above, while it is in the buffer */
	size_t stops[COLUMNS_MAX];                /* how far into it each column reaches */
	bool memory_known;
	size_t line;
};

static int malformed(struct parser *parser, const char *what, const struct column *column)
{
	parser->fault->error = EBADMSG;
	parser->fault->line = parser->line;
	parser->fault->what = what;
	parser->fault->field = column ? column->name : NULL;
	return EBADMSG;
}

/* Makes room for one more. */
static int make_room(struct listing *list)
{
	size_t capacity = list->capacity ? list->capacity * 2 : 64;
	struct segment *items;

	if (list->count < list->capacity)
		return 0;
	items = reallocarray(list->items, capacity, sizeof(*items));
	if (!items)
		return ENOMEM;
	list->items = items;
	list->capacity = capacity;
	return 0;
}

int listing_add(struct listing *list, const struct segment *segment)
{
	int error = make_room(list);

	if (!error)
		list->items[list->count++] = *segment;
	return error;
}

enum { WORD = sizeof(uint64_t) };

/* Eight characters, the first in the lowest byte; the buffer reaches beyond the data. */
static uint64_t load_word(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return le64toh(word);
}

/* Most of a row is padding, so blanks are passed over by eights. */
static const char *skip_blanks(const char *at)
{
	static const uint64_t blanks = UINT64_C(0x2020202020202020);

	for (;; at += WORD) {
		uint64_t difference = load_word(at) ^ blanks;

		if (difference)
			return at + (size_t)__builtin_ctzll(difference) / 8;
	}
}

/* Reads one header line: which column stands where. */
static int parse_header(struct parser *parser, const char *at, const char *end)
{
	bool seen[COLUMN_COUNT] = { false };

	for (at = skip_blanks(at); at < end; at = skip_blanks(at)) {
		size_t length = strcspn(at, " \n");

		if (parser->width == COLUMNS_MAX)
			return malformed(parser, "too many columns", NULL);
		for (size_t i = 0; i < COLUMN_COUNT; i++) {
			if (strlen(columns[i].name) != length ||
			    memcmp(columns[i].name, at, length) != 0)
				continue;
			if (seen[i])
				return malformed(parser, "a column comes twice", &columns[i]);
			seen[i] = true;
			parser->layout[parser->width] = &columns[i];
		}
		parser->width++;
		at += length;
	}
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		if (!seen[i] && !columns[i].optional)
			return malformed(parser, "no header with this column", &columns[i]);
	}
	parser->memory_known = seen[COLUMN_COUNT - 1] && seen[COLUMN_COUNT - 2];
	return 0;
}

/* Stores a number in its place of the segment; false when it does not fit. */
static bool store(struct segment *segment, const struct column *column, uint64_t number,
		  bool negative)
{
	char *place = (char *)segment + column->offset;
	uint32_t half = (uint32_t)number;

	if (number > column->max || (negative && column->storage != STORE_KEY))
		return false;
	switch (column->storage) {
	case STORE_32:
		memcpy(place, &half, sizeof(half));
		return true;
	case STORE_64:
		memcpy(place, &number, sizeof(number));
		return true;
	case STORE_KEY:
		/* the kernel prints it signed; some copies may have it unsigned */
		if (negative && number > (uint64_t)INT32_MAX + 1)
			return false;
		segment->key = (key_t)(negative ? 0 - half : half);
		return true;
	case STORE_PERMS:
		segment->mode = (unsigned short)(number & 0777);
		segment->dest = number & PERMS_DEST;
		segment->locked = number & PERMS_LOCKED;
		return true;
	}
	return false;
}

/* Reads octal digits, for the perms column; false when there are none or too many. */
static bool parse_octal(const char **at, uint64_t *number)
{
	const char *digit = *at;
	uint64_t value = 0;

	while ((unsigned int)(*digit - '0') < 8)
		value = value * 8 + (unsigned int)(*digit++ - '0');
	if (digit == *at || digit - *at > 21)
		return false;
	*at = digit;
	*number = value;
	return true;
}

/* Reads decimal digits; false when there are none or they overflow. */
static bool parse_decimal(const char **at, uint64_t *number)
{
	const char *digit = *at;
	uint64_t value = 0;

	while ((unsigned int)(*digit - '0') < 10)
		value = value * 10 + (unsigned int)(*digit++ - '0');
	if (digit == *at)
		return false;
	if (digit - *at > 19) {
		/* 19 digits always fit; only now must each be checked */
		value = 0;
		for (const char *again = *at; again < digit; again++) {
			if (__builtin_mul_overflow(value, 10, &value) ||
			    __builtin_add_overflow(value, (uint64_t)(*again - '0'), &value))
				return false;
		}
	}
	*at = digit;
	*number = value;
	return true;
}

static bool parse_number(const struct column *column, const char **at, uint64_t *number)
{
	return column->storage == STORE_PERMS ? parse_octal(at, number) : parse_decimal(at, number);
}

/* Whether so many bytes are equal; the buffer reaches beyond the data. */
static inline bool same_text(const char *a, const char *b, size_t length)
{
	for (; length > WORD; length -= WORD, a += WORD, b += WORD) {
		if (load_word(a) != load_word(b))
			return false;
	}
	return (load_word(a) ^ load_word(b)) << 8 * (WORD - length) == 0;
}

/* Reads the column of a row that stands at this place. */
static int parse_column(struct parser *parser, const struct column *column, const char **at,
			struct segment *segment)
{
	bool negative = false;
	uint64_t number;

	if (!column) {
		*at += strcspn(*at, " \n");
		return 0;
	}
	if (**at == '-') {
		negative = true;
		(*at)++;
	}
	if (!parse_number(column, at, &number) || (**at != ' ' && **at != '\n') ||
	    !store(segment, column, number, negative))
		return malformed(parser, "not a number that fits", column);
	return 0;
}

/*
 * Reads the columns of a row into a segment that is a copy of that of the row
 * above, where there is one: a column with the same text has its value already,
 * and most have.
 */
static int parse_columns(struct parser *parser, const char *row, const char *end,
			 struct segment *segment)
{
	const char *above = parser->above;
	size_t start = 0; /* behind the column before, in this row and in that above */

	for (size_t i = 0; i < parser->width; i++) {
		const char *at;
		size_t stop = parser->stops[i];
		int error;

		if (above && stop >= start && row + stop <= end &&
		    same_text(row + start, above + start, stop - start + 1)) {
			start = stop;
			continue;
		}
		at = skip_blanks(row + start);
		if (at >= end)
			return malformed(parser, "fewer words than the header has", NULL);
		error = parse_column(parser, parser->layout[i], &at, segment);
		if (error)
			return error;
		start = (size_t)(at - row);
		if (start != stop) {
			parser->stops[i] = start;
			above = NULL;
		}
	}
	if (skip_blanks(row + start) < end)
		return malformed(parser, "more words than the header has", NULL);
	return 0;
}

static int parse_row(struct parser *parser, const char *row, const char *end)
{
	struct listing *list = parser->list;
	struct segment *segment;
	int error = make_room(list);

	if (error)
		return parser->fault->error = error;
	segment = &list->items[list->count];
	if (parser->above)
		*segment = segment[-1];
	else
		*segment = (struct segment){ .memory_known = parser->memory_known };
	error = parse_columns(parser, row, end, segment);
	parser->above = row;
	list->count += !error;
	return error;
}

/* Reads one whole line, [at, end), where *end is its newline. */
static int parse_line(struct parser *parser, const char *at, const char *end)
{
	parser->line++;
	if (memchr(at, '\0', (size_t)(end - at)))
		return malformed(parser, "a zero byte", NULL);
	return parser->width ? parse_row(parser, at, end) : parse_header(parser, at, end);
}

/* Parses the whole lines at the front of the buffer; sets how much they were. */
static int parse_lines(struct parser *parser, const char *buffer, size_t length, size_t *used)
{
	const char *at = buffer;
	const char *end;

	while ((end = memchr(at, '\n', length - (size_t)(at - buffer)))) {
		int error = parse_line(parser, at, end);

		if (error)
			return error;
		at = end + 1;
	}
	*used = (size_t)(at - buffer);
	return 0;
}

static int finish(struct parser *parser, size_t rest)
{
	parser->line++;
	if (rest)
		return malformed(parser, "the last line is cut off (no newline at its end)", NULL);
	if (parser->line == 1) {
		parser->line = 0;
		return malformed(parser, "it is empty, without even a header", NULL);
	}
	return 0;
}

int listing_parse(struct listing *list, int fd, struct listing_fault *fault)
{
	/* the room behind the data lets skip_blanks look ahead */
	static char buffer[BUFFER_SIZE + 16];
	struct parser parser = { .list = list, .fault = fault };
	size_t held = 0;

	*fault = (struct listing_fault){ 0 };
	for (;;) {
		ssize_t got = read(fd, buffer + held, BUFFER_SIZE - held);
		size_t used;
		int error;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault->error = errno;
		if (got == 0)
			return finish(&parser, held);
		held += (size_t)got;
		parser.above = NULL;
		error = parse_lines(&parser, buffer, held, &used);
		if (error)
			return error;
		held -= used;
		memmove(buffer, buffer + used, held);
		if (held == BUFFER_SIZE) {
			parser.line++;
			return malformed(&parser, "the line is too long", NULL);
		}
	}
}

/* Walks the kernel's indexes, for where there is no /proc. */
static int read_by_index(struct listing *list, struct listing_fault *fault)
{
	struct shm_info info;
	int last = shmctl(0, SHM_INFO, (struct shmid_ds *)&info);

	if (last < 0)
		return fault->error = errno;
	for (int index = 0; index <= last; index++) {
		struct segment segment;
		int error = segment_at_index(index, &segment);

		if (segment_missing(error))
			continue;
		if (!error)
			error = listing_add(list, &segment);
		if (error)
			return fault->error = error;
	}
	return 0;
}

int listing_read(struct listing *list, struct listing_fault *fault)
{
	int fd = open(LISTING_PATH, O_RDONLY | O_CLOEXEC);
	int error;

	*fault = (struct listing_fault){ 0 };
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return read_by_index(list, fault);
	if (fd < 0)
		return fault->error = errno;
	error = listing_parse(list, fd, fault);
	close(fd);
	return error;
}

struct segment *listing_find(const struct listing *list, int id)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].id == id)
			return &list->items[i];
	}
	return NULL;
}

int listing_index(const struct listing *list, struct intmap *map)
{
	int error = 0;

	*map = (struct intmap){ 0 };
	for (size_t i = 0; i < list->count && !error; i++) {
		uint32_t id = (uint32_t)list->items[i].id;

		if (!intmap_get(map, id))
			error = intmap_add(map, id, &list->items[i]);
	}
	return error;
}

void listing_free(struct listing *list)
{
	free(list->items);
	*list = (struct listing){ 0 };
}
