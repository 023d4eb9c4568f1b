/* SPDX-License-Identifier: GPL-2.0-or-later */
/* terminal: what can be shown where output goes. */
#ifndef TEXT_TERMINAL_H
#define TEXT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

enum color_choice {
	COLOR_AUTO, /* on a terminal, unless NO_COLOR or TERM=dumb say otherwise */
	COLOR_ALWAYS,
	COLOR_NEVER,
};

struct terminal {
	bool here;    /* it is a terminal */
	bool color;   /* colours are wanted */
	size_t width; /* in columns; 0 where it is none */
};

/* What fd leads to. A terminal that does not tell its width has $COLUMNS, or 80. */
struct terminal terminal_of(int fd, enum color_choice choice);

/* The names of the choices, and NULL. */
extern const char *const color_names[];

/* The choice of this name, for --color; what is wrong, or NULL. */
const char *parse_color(const char *word, enum color_choice *choice);

#endif
