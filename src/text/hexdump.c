/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/hexdump.h"

#include <string.h>

enum { WIDTH = 16 };

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

void print_hexdump(struct output *output, const unsigned char *bytes, uint64_t offset,
		   uint64_t length)
{
	unsigned char before[WIDTH];
	char end[24];
	char *at;
	bool squeezing = false;

	for (uint64_t done = 0; done < length && !output->error; done += WIDTH) {
		unsigned char line[WIDTH];
		size_t count = length - done < WIDTH ? (size_t)(length - done) : WIDTH;

		/* one copy, so that what is compared is what is printed */
		memcpy(line, bytes + done, count);
		if (done && count == WIDTH && memcmp(line, before, WIDTH) == 0) {
			if (!squeezing)
				output_text(output, "*\n");
			squeezing = true;
			continue;
		}
		squeezing = false;
		print_line(output, line, offset + done, count);
		memcpy(before, line, count);
	}
	if (!length)
		return;
	at = put_offset(end, offset + length);
	*at++ = '\n';
	output_bytes(output, end, (size_t)(at - end));
}
