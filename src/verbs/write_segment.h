/* SPDX-License-Identifier: GPL-2.0-or-later */
/* write_segment: writes what was asked for into a segment. Reports itself what is wrong. */
#ifndef VERBS_WRITE_SEGMENT_H
#define VERBS_WRITE_SEGMENT_H

#include "verbs/write_options.h"

/* To be called when the options are checked and the namespace is entered. */
enum status write_segment(struct write_options *options, const struct segment_ref *ref);

#endif
