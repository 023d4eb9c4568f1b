/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/hexdump.h"

#include <string.h>

enum { WIDTH = HEXDUMP_WIDTH };

static const char digits[] = "0123456789abcdef";

/* At least eight digits, as many as it takes. */
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
	char line[96];
	char *at = put_offset(line, offset);

	for (size_t i = 0; i < WIDTH; i++) {
		*at++ = ' ';
		if (i % 8 == 0)
			*at++ = ' ';
		*at++ = i < count ? digits[bytes[i] >> 4] : ' ';
		*at++ = i < count ? digits[bytes[i] & 15] : ' ';
	}
	*at++ = ' ';
	*at++ = ' ';
	*at++ = '|';
	for (size_t i = 0; i < count; i++)
		*at++ = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.';
	*at++ = '|';
	*at++ = '\n';
	output_bytes(output, line, (size_t)(at - line));
}

void hexdump_add(struct output *output, struct hexdump *dump, const unsigned char *bytes,
		 size_t length)
{
	for (size_t done = 0; done < length && !output->error; done += WIDTH) {
		unsigned char line[WIDTH];
		size_t count = length - done < WIDTH ? length - done : WIDTH;
		bool same;

		/* one copy, so that what is compared is what is printed */
		memcpy(line, bytes + done, count);
		same = dump->started && count == WIDTH && memcmp(line, dump->before, WIDTH) == 0;
		if (!same)
			print_line(output, line, dump->offset, count);
		else if (!dump->squeezing)
			output_text(output, "*\n");
		memcpy(dump->before, line, count);
		dump->started = true;
		dump->squeezing = same;
		dump->offset += count;
	}
}

void hexdump_end(struct output *output, const struct hexdump *dump)
{
	char line[24];
	char *at;

	if (!dump->started)
		return;
	at = put_offset(line, dump->offset);
	*at++ = '\n';
	output_bytes(output, line, (size_t)(at - line));
}
