/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "shm/system/clock.h"
#include "text/error.h"
#include "text/units.h"

/* Milliseconds until the first line, and between lines. */
enum { PATIENCE = 1000, INTERVAL = 1000, INTERVAL_TERMINAL = 200 };

/* SIGALRM, and its timer, may be our caller's. */
#define TICK SIGRTMIN

static void tick(int number)
{
	(void)number;
}

/* Without a timer a copy that stands still is not told of. */
static void start_ticking(struct progress *progress)
{
	const time_t every = progress->terminal ? INTERVAL_TERMINAL : INTERVAL;
	const struct itimerspec times = {
		.it_value = { .tv_sec = PATIENCE / 1000 },
		.it_interval = { .tv_sec = every / 1000, .tv_nsec = every % 1000 * 1000000 },
	};
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = TICK };
	struct sigaction action = { .sa_handler = tick };

	if (timer_create(CLOCK_MONOTONIC, &event, &progress->timer) < 0)
		return;
	sigaction(TICK, &action, &progress->before);
	timer_settime(progress->timer, 0, &times, NULL);
	progress->ticking = true;
}

static void stop_ticking(struct progress *progress)
{
	if (!progress->ticking)
		return;
	timer_delete(progress->timer);
	sigaction(TICK, &progress->before, NULL);
	progress->ticking = false;
}

void progress_begin(struct progress *progress, enum progress_wish wish, uint64_t total)
{
	bool terminal = isatty(STDERR_FILENO);

	if (wish == PROGRESS_AUTO && !terminal)
		wish = PROGRESS_NEVER;
	*progress = (struct progress){ .wish = wish, .terminal = terminal, .total = total };
	if (wish == PROGRESS_NEVER)
		return;
	progress->begun = monotonic_ms();
	progress->due = progress->begun + PATIENCE;
	start_ticking(progress);
}

int64_t progress_patience(const struct progress *progress)
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
	/* written over what is there, and the rest of that cleared (ECMA-48: EL) */
	length =
		snprintf(line, sizeof(line), "%s%s: %s%s, %s/s%s%s", progress->terminal ? "\r" : "",
			 error_name(), done, of, speed, rest, progress->terminal ? "\033[K" : "\n");
	if (length > 0 && !error_write(line, (size_t)length))
		progress->wish = PROGRESS_NEVER;
	progress->shown = progress->terminal;
}

void progress_tell(void *state, uint64_t done)
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

	stop_ticking(progress);
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
