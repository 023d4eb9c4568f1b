/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/footer.h"

#include <string.h>

#include "text/units.h"

struct total {
	uint64_t count;
	uint64_t bytes;
};

static void add(struct total *total, const struct segment *segment)
{
	total->count++;
	/* a saved list may hold any numbers */
	if (__builtin_add_overflow(total->bytes, segment->size, &total->bytes))
		total->bytes = UINT64_MAX;
}

static void print_size(struct output *output, const struct footer *footer, uint64_t bytes)
{
	char text[UNIT_TEXT_SIZE];

	if (footer->exact)
		number_text(text, bytes);
	else
		size_text(text, bytes);
	output_text(output, text);
}

/* Whether a shell takes the word as it is. */
static bool is_plain_word(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-";

	return word[strspn(word, plain)] == '\0';
}

static void print_command(struct output *output, const struct footer *footer)
{
	if (!footer->command || (footer->ns && !is_plain_word(footer->ns)))
		return;
	output_format(output, " (preview removal: %s", footer->command);
	if (footer->ns)
		output_format(output, " -N %s", footer->ns);
	output_char(output, ')');
}

static void print_none(struct output *output, const struct footer *footer)
{
	if (footer->everywhere)
		output_format(output, "no segments in %zu IPC namespace%s\n", footer->visited,
			      footer->visited == 1 ? "" : "s");
}

void print_footer(struct output *output, const struct footer *footer,
		  const struct segment *segments, size_t count)
{
	struct total all = { 0 };
	struct total orphaned = { 0 };

	for (size_t i = 0; i < count; i++) {
		add(&all, &segments[i]);
		if (segments[i].state == STATE_ORPHANED)
			add(&orphaned, &segments[i]);
	}
	if (!all.count) {
		print_none(output, footer);
		return;
	}
	output_char(output, '\n');
	output_number(output, all.count);
	output_text(output, all.count == 1 ? " segment, " : " segments, ");
	print_size(output, footer, all.bytes);
	if (footer->everywhere)
		output_format(output, ", in %zu of %zu IPC namespaces", footer->inhabited,
			      footer->visited);
	if (orphaned.count) {
		output_text(output, "; ");
		output_number(output, orphaned.count);
		output_text(output, " orphaned, ");
		print_size(output, footer, orphaned.bytes);
		print_command(output, footer);
	}
	output_char(output, '\n');
}
