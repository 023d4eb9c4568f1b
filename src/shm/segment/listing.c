/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/segment/listing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

#include "shm/segment/control.h"
#include "shm/segment/resident.h"
#include "shm/system/array.h"

enum {
	BUFFER_SIZE = 64 * 1024, /* bytes; a longer line is an error */
	COLUMNS_MAX = 64,        /* today's kernels write 16 */
};

/* The perms column is octal, and has two flags above the permission bits. */
enum { PERMS_DEST = 01000, PERMS_LOCKED = 02000, PERMS_KNOWN = 03777 };

/* How a column of the list is read and stored. */
enum storage { STORE_32, STORE_64, STORE_KEY, STORE_PERMS };

/* The known columns, by their names in the header of the kernel's list. */
static const struct column {
	const char *name;
	uint64_t max; /* the largest valid number */
	size_t offset;
	enum storage storage;
	bool optional;
} columns[] = {
	{ "key", UINT32_MAX, offsetof(struct segment, key), STORE_KEY, false },
	{ "shmid", INT32_MAX, offsetof(struct segment, id), STORE_32, false },
	{ "perms", UINT32_MAX, offsetof(struct segment, mode), STORE_PERMS, false },
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
	const struct column *layout[COLUMNS_MAX]; /* NULL: an unknown column */
	size_t width;                             /* columns in the header; 0: not read yet */
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

int listing_add(struct listing *list, const struct segment *segment)
{
	int error = ARRAY_MAKE_ROOM(list);

	if (!error)
		list->items[list->count++] = *segment;
	return error;
}

/* Moves *at to the next word of a line that ends at end, and returns the end of the word. */
static const char *next_word(const char **at, const char *end)
{
	const char *stop;

	while (*at < end && **at == ' ')
		++*at;
	stop = *at;
	while (stop < end && *stop != ' ')
		stop++;
	return stop;
}

static const struct column *find_column(const char *name, size_t length)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		if (strlen(columns[i].name) == length && memcmp(columns[i].name, name, length) == 0)
			return &columns[i];
	}
	return NULL;
}

/* Parses the header line, which gives the order of the columns. */
static int parse_header(struct parser *parser, const char *at, const char *end)
{
	bool seen[COLUMN_COUNT] = { false };
	const char *stop;

	for (; (stop = next_word(&at, end)) > at; at = stop) {
		const struct column *column = find_column(at, (size_t)(stop - at));

		if (parser->width == COLUMNS_MAX)
			return malformed(parser, "too many columns", NULL);
		parser->layout[parser->width++] = column;
		if (!column)
			continue;
		if (seen[column - columns])
			return malformed(parser, "is there twice", column);
		seen[column - columns] = true;
	}
	parser->memory_known = true;
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		if (!seen[i] && !columns[i].optional)
			return malformed(parser, "is missing in the header", &columns[i]);
		parser->memory_known &= seen[i] || !columns[i].optional;
	}
	return 0;
}

/* Stores a number in the member of the segment for this column; false if it does not fit. */
static bool store(struct segment *segment, const struct column *column, uint64_t number,
		  bool negative)
{
	void *place = (char *)segment + column->offset;

	if (number > column->max || (negative && column->storage != STORE_KEY))
		return false;
	switch (column->storage) {
	case STORE_32:
		*(uint32_t *)place = (uint32_t)number;
		return true;
	case STORE_64:
		*(uint64_t *)place = number;
		return true;
	case STORE_KEY:
		/* the kernel prints keys signed; a saved copy may have them unsigned */
		if (negative && number > (uint64_t)INT32_MAX + 1)
			return false;
		segment->key = (key_t)(uint32_t)(negative ? 0 - number : number);
		return true;
	case STORE_PERMS:
		segment->mode = (unsigned short)(number & 0777);
		/* a flag that Linux does not have: on that system, the others may differ, too */
		segment->flags_unknown = number > PERMS_KNOWN;
		segment->dest = !segment->flags_unknown && (number & PERMS_DEST);
		segment->locked = !segment->flags_unknown && (number & PERMS_LOCKED);
		break;
	}
	return true;
}

/* Parses digits of this base. Returns the place after them, or NULL: the number is too large. */
static const char *parse_digits(const char *at, unsigned int base, uint64_t *number)
{
	uint64_t value = 0;
	unsigned int digit;

	for (; (digit = (unsigned int)(*at - '0')) < base; at++) {
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return NULL;
	}
	*number = value;
	return at;
}

/* Parses a row. *end is neither a blank nor a digit, and so ends its last word. */
static int parse_row(struct parser *parser, const char *at, const char *end)
{
	struct segment segment = { .memory_known = parser->memory_known };
	const char *stop = at;

	for (size_t i = 0; i < parser->width; i++, at = stop) {
		const struct column *column = parser->layout[i];
		bool negative;
		uint64_t number;

		while (*at == ' ')
			at++;
		if (at == end)
			return malformed(parser, "fewer columns than the header", NULL);
		if (!column) {
			stop = next_word(&at, end);
			continue;
		}
		negative = *at == '-';
		at += negative;
		stop = column->storage == STORE_PERMS ? parse_digits(at, 8, &number)
						      : parse_digits(at, 10, &number);
		if (!stop || stop == at || (stop != end && *stop != ' ') ||
		    !store(&segment, column, number, negative))
			return malformed(parser, "is not a valid number", column);
	}
	if (next_word(&at, end) > at)
		return malformed(parser, "more columns than the header", NULL);
	return parser->fault->error = listing_add(parser->list, &segment);
}

/* Parses one whole line; *end is its newline. */
static int parse_line(struct parser *parser, const char *at, const char *end)
{
	parser->line++;
	if (memchr(at, '\0', (size_t)(end - at)))
		return malformed(parser, "contains a NUL byte", NULL);
	/* a copy that passed through a terminal has CRs (ssh -t, docker exec -t) */
	if (end > at && end[-1] == '\r')
		end--;
	return parser->width ? parse_row(parser, at, end) : parse_header(parser, at, end);
}

/* Parses the whole lines at the front of the buffer, and sets their total length. */
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
		return malformed(parser, "the last line is incomplete (no newline)", NULL);
	if (parser->line == 1) {
		parser->line = 0;
		return malformed(parser, "empty (no header line)", NULL);
	}
	return 0;
}

int listing_parse(struct listing *list, int fd, struct listing_fault *fault)
{
	static char buffer[BUFFER_SIZE];
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

/*
 * For systems without /proc: queries all indexes of the kernel. If the kernel lacks
 * SHM_STAT_ANY, every index seems to be empty.
 */
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
	/* counts again, since the last segment may have been removed in between */
	if (list->count == 0 && shmctl(0, SHM_INFO, (struct shmid_ds *)&info) >= 0 && info.used_ids)
		return fault->error = EOPNOTSUPP;
	return 0;
}

int listing_read(struct listing *list, struct listing_fault *fault)
{
	int fd = open(LISTING_PATH, O_RDONLY | O_CLOEXEC);
	int error;

	*fault = (struct listing_fault){ 0 };
	if (fd < 0 && errno != EMFILE && errno != ENFILE && errno != ENOMEM)
		return read_by_index(list, fault);
	if (fd < 0)
		return fault->error = errno;
	error = listing_parse(list, fd, fault);
	close(fd);
	if (!error)
		resident_correct(list->items, list->count);
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

int listing_look_listed(int id, struct segment *segment)
{
	struct listing list = { 0 };
	struct listing_fault fault;
	int error = listing_read(&list, &fault);
	const struct segment *found = error ? NULL : listing_find(&list, id);

	if (found)
		*segment = *found;
	else if (!error)
		error = EINVAL;
	listing_free(&list);
	return error;
}

int listing_look(int id, struct segment *segment)
{
	int error = segment_look(id, segment);

	if (error == EACCES && !listing_look_listed(id, segment))
		return 0;
	return error;
}

void listing_whole_size(struct segment *segment)
{
	struct segment listed;

	/* struct shmid_ds has the size as a size_t, which is large enough if it has 64 bits */
	if (sizeof(size_t) >= sizeof(segment->size) || listing_look_listed(segment->id, &listed))
		return;
	if (segment_is_same(segment, &listed))
		segment->size = listed.size;
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
