/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/listing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

#include "shm/control.h"

enum {
	BUFFER_SIZE = 64 * 1024, /* also the longest line that is accepted */
	COLUMNS_MAX = 64,        /* the kernel writes 16 */
};

/* What a column of the list is stored as. */
enum storage { STORE_I32, STORE_U32, STORE_U64, STORE_TIME, STORE_KEY, STORE_PERMS };

/* The columns that we know, by the names in the kernel's header. */
static const struct column {
	const char *name;
	enum storage storage;
	bool optional;
	size_t offset;
} columns[] = {
	{ "key", STORE_KEY, false, offsetof(struct segment, key) },
	{ "shmid", STORE_I32, false, offsetof(struct segment, id) },
	{ "perms", STORE_PERMS, false, offsetof(struct segment, mode) },
	{ "size", STORE_U64, false, offsetof(struct segment, size) },
	{ "cpid", STORE_I32, false, offsetof(struct segment, cpid) },
	{ "lpid", STORE_I32, false, offsetof(struct segment, lpid) },
	{ "nattch", STORE_U64, false, offsetof(struct segment, nattch) },
	{ "uid", STORE_U32, false, offsetof(struct segment, uid) },
	{ "gid", STORE_U32, false, offsetof(struct segment, gid) },
	{ "cuid", STORE_U32, false, offsetof(struct segment, cuid) },
	{ "cgid", STORE_U32, false, offsetof(struct segment, cgid) },
	{ "atime", STORE_TIME, false, offsetof(struct segment, atime) },
	{ "dtime", STORE_TIME, false, offsetof(struct segment, dtime) },
	{ "ctime", STORE_TIME, false, offsetof(struct segment, ctime) },
	{ "rss", STORE_U64, true, offsetof(struct segment, rss) },
	{ "swap", STORE_U64, true, offsetof(struct segment, swap) },
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

/* The perms column carries two flags above the permission bits. */
enum { PERMS_DEST = 01000, PERMS_LOCKED = 02000, PERMS_MAX = 07777 };

struct parser {
	struct listing *list;
	struct listing_fault *fault;
	const struct column *layout[COLUMNS_MAX]; /* NULL: a column we do not know */
	size_t width;                             /* columns in the header; 0: none read yet */
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
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 64;
		struct segment *items = reallocarray(list->items, capacity, sizeof(*items));

		if (!items)
			return ENOMEM;
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = *segment;
	return 0;
}

/* How many of the eight bytes before the first that differs are equal, from a XOR of both. */
static size_t equal_bytes(uint64_t difference)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (size_t)__builtin_ctzll(difference) / 8;
#else
	return (size_t)__builtin_clzll(difference) / 8;
#endif
}

/* Most of a row is padding, so blanks are passed over by eights. */
static const char *skip_blanks(const char *at)
{
	static const uint64_t blanks = UINT64_C(0x2020202020202020);

	for (;; at += sizeof(blanks)) {
		uint64_t word;

		memcpy(&word, at, sizeof(word)); /* the buffer reaches beyond the data */
		if (word != blanks)
			return at + equal_bytes(word ^ blanks);
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

	if (negative && column->storage != STORE_KEY)
		return false;
	switch (column->storage) {
	case STORE_I32: {
		int32_t value = (int32_t)number;

		if (number > INT32_MAX)
			return false;
		memcpy(place, &value, sizeof(value));
		return true;
	}
	case STORE_U32: {
		uint32_t value = (uint32_t)number;

		if (number > UINT32_MAX)
			return false;
		memcpy(place, &value, sizeof(value));
		return true;
	}
	case STORE_TIME:
		if (number > INT64_MAX)
			return false;
		memcpy(place, &number, sizeof(number));
		return true;
	case STORE_U64:
		memcpy(place, &number, sizeof(number));
		return true;
	case STORE_KEY:
		/* the kernel prints it signed; some copies may have it unsigned */
		if (negative ? number > (uint64_t)INT32_MAX + 1 : number > UINT32_MAX)
			return false;
		segment->key = (key_t)(uint32_t)(negative ? 0 - number : number);
		return true;
	case STORE_PERMS:
		if (number > PERMS_MAX)
			return false;
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

static int parse_row(struct parser *parser, const char *at, const char *end)
{
	struct segment segment = { .memory_known = parser->memory_known };
	size_t column = 0;
	int error;

	for (at = skip_blanks(at); at < end; at = skip_blanks(at), column++) {
		const struct column *known;
		uint64_t number;
		bool negative = false;

		if (column == parser->width)
			return malformed(parser, "more words than the header has", NULL);
		known = parser->layout[column];
		if (!known) {
			at += strcspn(at, " \n");
			continue;
		}
		if (*at == '-') {
			negative = true;
			at++;
		}
		if (!parse_number(known, &at, &number) || (*at != ' ' && *at != '\n') ||
		    !store(&segment, known, number, negative))
			return malformed(parser, "not a number that fits", known);
	}
	if (column < parser->width)
		return malformed(parser, "fewer words than the header has", NULL);
	error = listing_add(parser->list, &segment);
	parser->fault->error = error;
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

void listing_free(struct listing *list)
{
	free(list->items);
	*list = (struct listing){ 0 };
}
