/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prometheus: the text format that Prometheus reads, for node_exporter's
 * textfile collector. Sizes are in bytes, whatever the kernel counts in.
 */
#ifndef TEXT_PROMETHEUS_H
#define TEXT_PROMETHEUS_H

#include "text/limits_text.h"
#include "text/output.h"
#include "text/view.h"

/*
 * Segments and bytes by state and owner, the limits and what is in use of them,
 * the machine's memory, and when this was. A state and owner without a segment has
 * no line; nor has a control group without a limit, and resident and swapped bytes
 * where those of one segment are not known. With -A each line but those of the
 * machine names its IPC namespace (ns). STATUS_EXHAUSTED without memory, before
 * anything is printed.
 */
enum status print_prometheus(struct output *output, struct view *view,
			     const struct segment *segments, size_t count,
			     const struct limits_of *limits, size_t limits_count);

#endif
