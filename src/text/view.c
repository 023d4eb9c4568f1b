/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/view.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void view_begin(struct view *view, struct judge *judge)
{
	*view = (struct view){ .judge = judge };
}

void view_warn_of_names(struct view *view)
{
	const bool slow = names_take_too_long(&view->names);

	if (slow && !view->slow_names)
		warn("looking up users and groups takes too long: the others are shown as numbers");
	view->slow_names = slow;
}

enum status view_end(struct view *view)
{
	const bool lacks_memory = view->names.lacks_memory;

	view_warn_of_names(view);
	names_free(&view->names);
	view->names.lacks_memory = false; /* it is reported once */
	intmap_free(&view->holders_texts, free);
	if (lacks_memory)
		return fail(STATUS_EXHAUSTED, "not enough memory for all names");
	return STATUS_DONE;
}

const struct machine *machine_of(struct view *view)
{
	struct machine *machine = &view->machine;
	struct stat status;

	/* it is not known which machine a saved list is from */
	if (machine->known || view->judge->saved)
		return machine;
	if (stat("/proc/self/ns/ipc", &status) == 0)
		machine->ns = status.st_ino;
	gethostname(machine->host, sizeof(machine->host) - 1);
	machine->known = true;
	return machine;
}

bool users_are_known(const struct view *view, const struct segment *segment)
{
	return segment->ns ? segment->ns->users_known : !view->users_unknown;
}

const char *user_of_segment(struct view *view, const struct segment *segment, uid_t uid)
{
	return users_are_known(view, segment) ? name_of_user(&view->names, uid)
					      : number_as_name(&view->names, uid);
}

const char *group_of_segment(struct view *view, const struct segment *segment, gid_t gid)
{
	return users_are_known(view, segment) ? name_of_group(&view->names, gid)
					      : number_as_name(&view->names, gid);
}
