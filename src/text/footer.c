/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/footer.h"

#include "text/namespace_option.h"
#include "text/sums.h"
#include "text/units.h"

static void print_size(struct output *output, const struct footer *footer, uint64_t bytes)
{
	char text[UNIT_TEXT_SIZE];

	if (footer->exact)
		number_text(text, bytes);
	else
		size_text(text, bytes);
	output_text(output, text);
}

static void print_command(struct output *output, const struct footer *footer)
{
	if (!footer->command)
		return;
	output_format(output, " (preview removal: %s", footer->command);
	output_escaped(output, NAMESPACE_OPTION(NULL));
	output_char(output, ')');
}

static void print_none(struct output *output, const struct footer *footer)
{
	if (footer->everywhere && footer->visited)
		output_format(output, "no segments in %zu IPC namespace%s\n", footer->visited,
			      footer->visited == 1 ? "" : "s");
}

void print_footer(struct output *output, const struct footer *footer,
		  const struct segment *segments, size_t count)
{
	struct sums all = { 0 };
	struct sums orphaned = { 0 };

	for (size_t i = 0; i < count; i++) {
		sums_add_segment(&all, &segments[i]);
		if (segments[i].state == STATE_ORPHANED)
			sums_add_segment(&orphaned, &segments[i]);
	}
	if (!all.segments) {
		print_none(output, footer);
		return;
	}
	output_char(output, '\n');
	output_number(output, all.segments);
	output_text(output, all.segments == 1 ? " segment, " : " segments, ");
	print_size(output, footer, all.size);
	if (footer->everywhere)
		output_format(output, ", in %zu of %zu IPC namespaces", footer->inhabited,
			      footer->visited);
	if (orphaned.segments) {
		output_text(output, "; ");
		output_number(output, orphaned.segments);
		output_text(output, " orphaned, ");
		print_size(output, footer, orphaned.size);
		print_command(output, footer);
	}
	output_char(output, '\n');
}
