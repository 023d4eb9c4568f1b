/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "text/parse.h"

enum { WIDTH_DEFAULT = 80, WIDTH_MAX = 10000 };

/* Whether the environment permits colors (https://no-color.org). */
static bool environment_allows_color(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}

static size_t width_of_terminal(int fd)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	long width;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	width = columns ? strtol(columns, NULL, 10) : 0;
	return width > 0 && width <= WIDTH_MAX ? (size_t)width : WIDTH_DEFAULT;
}

struct terminal terminal_of(int fd, enum color_choice choice)
{
	struct terminal terminal = { .here = isatty(fd), .color = choice == COLOR_ALWAYS };

	if (terminal.here)
		terminal.width = width_of_terminal(fd);
	if (choice == COLOR_AUTO)
		terminal.color = terminal.here && environment_allows_color();
	return terminal;
}

const char *const color_names[] = {
	[COLOR_AUTO] = "auto",
	[COLOR_ALWAYS] = "always",
	[COLOR_NEVER] = "never",
	NULL,
};

const char *parse_color(const char *word, enum color_choice *choice)
{
	size_t which;

	if (!parse_choice(color_names, word, &which))
		return "must be auto, always or never";
	*choice = (enum color_choice)which;
	return NULL;
}
