/* SPDX-License-Identifier: GPL-2.0-or-later */
/* write_segment: writes into a segment, as the options require. Reports its own errors. */
#ifndef VERBS_WRITE_SEGMENT_H
#define VERBS_WRITE_SEGMENT_H

#include "verbs/write_options.h"

/* Writes. Call it after the options are checked and the namespace is entered. */
enum status write_segment(struct write_options *options, const struct segment_ref *ref);

#endif
