/* SPDX-License-Identifier: GPL-2.0-or-later */
/* terminal: finds out whether output goes to a terminal, and its width and colors. */
#ifndef TEXT_TERMINAL_H
#define TEXT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

enum color_choice {
	COLOR_AUTO, /* on a terminal, unless NO_COLOR or TERM=dumb is set */
	COLOR_ALWAYS,
	COLOR_NEVER,
};

struct terminal {
	bool here;    /* the file is a terminal */
	bool color;   /* use colors */
	size_t width; /* in columns; 0 if not a terminal */
};

/* Describes the file that fd refers to. A terminal of unknown width gets $COLUMNS, or 80. */
struct terminal terminal_of(int fd, enum color_choice choice);

/* The names of the choices. The list ends with NULL. */
extern const char *const color_names[];

/* Parses the value of --color. Returns what is wrong with it, or NULL. */
const char *parse_color(const char *word, enum color_choice *choice);

#endif
