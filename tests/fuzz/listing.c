/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The listing parser. A list means the same in whatever pieces read(2) hands
 * it out, and each of its words is what the C library reads in it.
 */
#include "fuzz.h"

#include <errno.h>
#include <unistd.h>

#include "shm/segment/listing.h"

/* What read(2) of this descriptor reads from (the linker wraps it). */
enum { SOURCE_FD = 1000 };
static struct {
	const char *data;
	size_t size;
	size_t at;
	size_t piece; /* 0: all that is asked for */
} source;

ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size);

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	size_t rest = source.size - source.at;

	if (fd != SOURCE_FD)
		return __real_read(fd, buffer, size);
	CHECK(size > 0);
	if (source.piece && size > source.piece)
		size = source.piece;
	if (size > rest)
		size = rest;
	if (size)
		memcpy(buffer, source.data + source.at, size);
	source.at += size;
	return (ssize_t)size;
}

static int parse(const char *data, size_t size, size_t piece, struct listing *list,
		 struct listing_fault *fault)
{
	int error;

	source.data = data;
	source.size = size;
	source.at = 0;
	source.piece = piece;
	*list = (struct listing){ 0 };
	error = listing_parse(list, SOURCE_FD, fault);
	CHECK(error == 0 || error == EBADMSG);
	CHECK(fault->error == error);
	CHECK(!error == !fault->what);
	return error;
}

/* Member by member, since padding may differ. */
static void check_same(const struct listing *a, const struct listing *b)
{
	CHECK(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct segment *x = &a->items[i];
		const struct segment *y = &b->items[i];

		CHECK(x->id == y->id && x->key == y->key && x->mode == y->mode);
		CHECK(x->cpid == y->cpid && x->lpid == y->lpid);
		CHECK(x->uid == y->uid && x->gid == y->gid && x->cuid == y->cuid);
		CHECK(x->cgid == y->cgid && x->size == y->size && x->nattch == y->nattch);
		CHECK(x->atime == y->atime && x->dtime == y->dtime && x->ctime == y->ctime);
		CHECK(x->rss == y->rss && x->swap == y->swap);
		CHECK(x->dest == y->dest && x->locked == y->locked);
		CHECK(x->memory_known == y->memory_known);
	}
}

/* The member that a column goes to; false: a column that is not known. */
static bool member(const struct segment *segment, const char *column, uint64_t *value)
{
	const struct {
		const char *name;
		uint64_t value;
	} members[] = {
		{ "key", (uint32_t)segment->key },
		{ "shmid", (uint64_t)segment->id },
		{ "perms",
		  segment->mode | (segment->dest ? 01000U : 0) | (segment->locked ? 02000U : 0) },
		{ "size", segment->size },
		{ "cpid", (uint64_t)segment->cpid },
		{ "lpid", (uint64_t)segment->lpid },
		{ "nattch", segment->nattch },
		{ "uid", segment->uid },
		{ "gid", segment->gid },
		{ "cuid", segment->cuid },
		{ "cgid", segment->cgid },
		{ "atime", (uint64_t)segment->atime },
		{ "dtime", (uint64_t)segment->dtime },
		{ "ctime", (uint64_t)segment->ctime },
		{ "rss", segment->rss },
		{ "swap", segment->swap },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (strcmp(members[i].name, column) == 0) {
			*value = members[i].value;
			return true;
		}
	}
	return false;
}

/* One word of a row, as the C library reads it. */
static void check_word(const struct segment *segment, const char *column, const char *word)
{
	bool key = strcmp(column, "key") == 0;
	bool perms = strcmp(column, "perms") == 0;
	uint64_t value;
	uint64_t wanted;
	char *end;

	if (!member(segment, column, &value))
		return;
	errno = 0;
	wanted = strtoull(word, &end, perms ? 8 : 10);
	CHECK(!errno && end != word && *end == '\0');
	CHECK(key || *word != '-');
	/* the kernel has bits for two flags above the mode; with others, these are not known */
	if (perms && segment->flags_unknown)
		CHECK(wanted > 03777 && value == (wanted & 0777));
	else
		CHECK(value == (key ? (uint32_t)wanted : wanted));
}

/* Takes the next word of a line, and ends it; NULL: there is none. */
static char *next_word(char **line)
{
	char *word = *line + strspn(*line, " ");
	size_t length = strcspn(word, " ");

	if (!length)
		return NULL;
	*line = word + length + (word[length] == ' ');
	word[length] = '\0';
	return word;
}

/* The next line, without its newline, and a CR before that. */
static char *next_line(char **text)
{
	char *line = strsep(text, "\n");
	size_t length = line ? strlen(line) : 0;

	if (length && line[length - 1] == '\r')
		line[length - 1] = '\0';
	return line;
}

/* The list, word by word. */
static void check_words(char *text, const struct listing *list)
{
	const char *columns[64];
	size_t width = 0;
	size_t row = 0;
	char *line = next_line(&text);
	char *word;

	while ((word = next_word(&line)))
		columns[width++] = word;
	for (; (line = next_line(&text)) && text; row++) {
		size_t column = 0;

		CHECK(row < list->count);
		for (; (word = next_word(&line)); column++) {
			CHECK(column < width);
			check_word(&list->items[row], columns[column], word);
		}
		CHECK(column == width);
	}
	CHECK(row == list->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_word(data, size);
	struct listing list;
	struct listing again;
	struct listing_fault fault;
	struct listing_fault fault_again;
	int error = parse(text, size, 0, &list, &fault);

	CHECK(parse(text, size, 1 + size % 7, &again, &fault_again) == error);
	CHECK(fault.line == fault_again.line && fault.what == fault_again.what);
	check_same(&list, &again);
	if (!error)
		check_words(text, &list);
	listing_free(&again);
	listing_free(&list);
	free(text);
	return 0;
}
