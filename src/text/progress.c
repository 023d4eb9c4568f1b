/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "shm/system/clock.h"
#include "text/error.h"
#include "text/units.h"

/* Milliseconds until the first line, and between lines. */
enum { FIRST_LINE = 1000, INTERVAL = 1000, INTERVAL_TERMINAL = 200 };

void progress_begin(struct progress *progress, enum progress_wish wish, uint64_t total)
{
	bool terminal = isatty(STDERR_FILENO);

	if (wish == PROGRESS_AUTO && !terminal)
		wish = PROGRESS_NEVER;
	*progress = (struct progress){ .wish = wish, .terminal = terminal, .total = total };
	if (wish == PROGRESS_NEVER)
		return;
	progress->begun = monotonic_ms();
	progress->due = progress->begun + FIRST_LINE;
}

int64_t progress_interval(const struct progress *progress)
{
	return progress->wish == PROGRESS_NEVER ? 0 : INTERVAL_TERMINAL;
}

/* "512M of 1.0G (50%), 1.2G/s, 3s left" */
static void print_line(struct progress *progress, int64_t now)
{
	int64_t passed = now > progress->begun ? now - progress->begun : 1;
	double rate = (double)progress->done * 1000 / (double)passed;
	char done[UNIT_TEXT_SIZE];
	char total[UNIT_TEXT_SIZE];
	char speed[UNIT_TEXT_SIZE];
	char left[UNIT_TEXT_SIZE];
	char of[UNIT_TEXT_SIZE * 2] = "";
	char rest[UNIT_TEXT_SIZE * 2] = "";
	char line[512];
	int length;

	size_text(done, progress->done);
	size_text(speed, (uint64_t)rate);
	if (progress->total) {
		size_text(total, progress->total);
		snprintf(of, sizeof(of), " of %s (%d%%)", total,
			 (int)((double)progress->done * 100 / (double)progress->total));
	}
	if (progress->total > progress->done && rate >= 1) {
		duration_text(left, (int64_t)((double)(progress->total - progress->done) / rate));
		snprintf(rest, sizeof(rest), ", %s left", left);
	}
	/* overwrites the old line, and erases the rest of it (ECMA-48: EL) */
	length =
		snprintf(line, sizeof(line), "%s%s: %s%s, %s/s%s%s", progress->terminal ? "\r" : "",
			 error_name(), done, of, speed, rest, progress->terminal ? "\033[K" : "\n");
	if (length > 0 && !error_write(line, (size_t)length))
		progress->wish = PROGRESS_NEVER;
	progress->shown = progress->terminal;
}

void progress_update(void *state, uint64_t done)
{
	struct progress *progress = state;
	int64_t now;

	progress->done = done;
	if (progress->wish == PROGRESS_NEVER)
		return;
	now = monotonic_ms();
	if (now < progress->due)
		return;
	print_line(progress, now);
	progress->due = now + (progress->terminal ? INTERVAL_TERMINAL : INTERVAL);
}

void progress_end(struct progress *progress)
{
	static const char clear[] = "\r\033[K";

	if (progress->wish == PROGRESS_ALWAYS) {
		print_line(progress, monotonic_ms());
		if (progress->terminal)
			error_write("\n", 1);
	} else if (progress->shown) {
		error_write(clear, sizeof(clear) - 1);
	}
	progress->shown = false;
	progress->wish = PROGRESS_NEVER;
}
