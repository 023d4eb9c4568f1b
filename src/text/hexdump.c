/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/hexdump.h"

#include <string.h>

enum { WIDTH = HEXDUMP_WIDTH, LINE_SIZE = 96 };

static const char digits[] = "0123456789abcdef";

/* A table of the two digits of each byte. */
#define PAIRS(high)                                                                           \
	high "0" high "1" high "2" high "3" high "4" high "5" high "6" high "7" high "8" high \
	     "9" high "a" high "b" high "c" high "d" high "e" high "f"
static const char pairs[] = PAIRS("0") PAIRS("1") PAIRS("2") PAIRS("3") PAIRS("4") PAIRS("5")
	PAIRS("6") PAIRS("7") PAIRS("8") PAIRS("9") PAIRS("a") PAIRS("b") PAIRS("c") PAIRS("d")
		PAIRS("e") PAIRS("f");

/* Writes an offset with at least eight digits. */
static char *put_offset(char *at, uint64_t offset)
{
	int shift = 28;

	while (shift < 60 && offset >> (shift + 4))
		shift += 4;
	for (; shift >= 0; shift -= 4)
		*at++ = digits[offset >> shift & 15];
	return at;
}

static void print_line(struct output *output, const unsigned char *bytes, uint64_t offset,
		       size_t count)
{
	char *at = put_offset(output_reserve(output, LINE_SIZE), offset);

	for (size_t i = 0; i < WIDTH; i++) {
		*at++ = ' ';
		if (i % 8 == 0)
			*at++ = ' ';
		*at++ = i < count ? pairs[(size_t)bytes[i] * 2] : ' ';
		*at++ = i < count ? pairs[(size_t)bytes[i] * 2 + 1] : ' ';
	}
	*at++ = ' ';
	*at++ = ' ';
	*at++ = '|';
	for (size_t i = 0; i < count; i++)
		*at++ = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.';
	*at++ = '|';
	*at++ = '\n';
	output_advance(output, at);
}

/* Prints a whole line. */
static void add_line(struct output *output, struct hexdump *dump, const unsigned char line[WIDTH])
{
	bool same = dump->started && memcmp(line, dump->before, WIDTH) == 0;

	if (!same)
		print_line(output, line, dump->offset, WIDTH);
	else if (!dump->squeezing)
		output_text(output, "*\n");
	memcpy(dump->before, line, WIDTH);
	dump->started = true;
	dump->squeezing = same;
	dump->offset += WIDTH;
}

/* Adds bytes to the current line. Returns how many bytes of the piece were used. */
static size_t fill_line(struct output *output, struct hexdump *dump, const unsigned char *bytes,
			size_t length)
{
	size_t taken = WIDTH - dump->held < length ? WIDTH - dump->held : length;

	memcpy(dump->line + dump->held, bytes, taken);
	dump->held += taken;
	if (dump->held == WIDTH) {
		dump->held = 0;
		add_line(output, dump, dump->line);
	}
	return taken;
}

/* Returns the length of the following lines that equal the one before. Compares many at once. */
static size_t count_equal(const struct hexdump *dump, const unsigned char *bytes, size_t length)
{
	enum { BLOCK = 256 * WIDTH };
	size_t equal = 0;

	while (length - equal >= BLOCK && memcmp(bytes + equal, dump->before, WIDTH) == 0 &&
	       memcmp(bytes + equal, bytes + equal + WIDTH, BLOCK - WIDTH) == 0)
		equal += BLOCK;
	return equal;
}

void hexdump_add(struct output *output, struct hexdump *dump, const unsigned char *bytes,
		 size_t length)
{
	size_t done = dump->held ? fill_line(output, dump, bytes, length) : 0;

	while (length - done >= WIDTH && !output->error) {
		size_t equal = dump->squeezing ? count_equal(dump, bytes + done, length - done) : 0;
		unsigned char line[WIDTH];

		dump->offset += equal;
		done += equal;
		if (length - done < WIDTH)
			break;
		/* copied, so that the bytes compared are the bytes printed */
		memcpy(line, bytes + done, WIDTH);
		add_line(output, dump, line);
		done += WIDTH;
	}
	if (done < length)
		fill_line(output, dump, bytes + done, length - done);
}

void hexdump_add_zeros(struct output *output, struct hexdump *dump, uint64_t length)
{
	static const unsigned char zeros[WIDTH];

	while (length && !output->error) {
		uint64_t piece = length < WIDTH ? length : WIDTH;

		if (length >= WIDTH && dump->squeezing && dump->held == 0 &&
		    memcmp(dump->before, zeros, WIDTH) == 0) {
			piece = length - length % WIDTH;
			dump->offset += piece;
		} else {
			hexdump_add(output, dump, zeros, (size_t)piece);
		}
		length -= piece;
	}
}

void hexdump_end(struct output *output, struct hexdump *dump)
{
	char *at;

	if (dump->held) {
		print_line(output, dump->line, dump->offset, dump->held);
		dump->offset += dump->held;
		dump->held = 0;
		dump->started = true;
	}
	if (!dump->started)
		return;
	at = put_offset(output_reserve(output, LINE_SIZE), dump->offset);
	*at++ = '\n';
	output_advance(output, at);
}
