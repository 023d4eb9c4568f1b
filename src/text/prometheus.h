/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prometheus: prints metrics in the text format of Prometheus, for node_exporter's
 * textfile collector. All sizes are in bytes.
 */
#ifndef TEXT_PROMETHEUS_H
#define TEXT_PROMETHEUS_H

#include "text/limits_text.h"
#include "text/output.h"
#include "text/view.h"

/*
 * Prints segments and bytes by state and owner, the limits and their usage, the machine's
 * memory, and the time. There is no line for a state and owner without segments, for a
 * control group without limit, and for resident and swapped bytes if those of one segment
 * are not known. With -A, each line except those of the machine has the label ns (its IPC
 * namespace). Returns STATUS_EXHAUSTED if out of memory, before printing anything.
 */
enum status print_prometheus(struct output *output, struct view *view,
			     const struct segment *segments, size_t count,
			     const struct limits_of *limits, size_t limits_count);

#endif
