/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rm_order: the order of the namespaces that rm -A removes segments in. A user can make each call
 * in a namespace that they are in wait (shmtool-security(7)), and segments of others should not be
 * at mode 0 then. So those of different owners are not removed in one batch.
 */
#ifndef VERBS_RM_ORDER_H
#define VERBS_RM_ORDER_H

#include "shm/process/namespace.h"
#include "shm/segment/listing.h"

/*
 * As namespace_owner(). home: the namespace that this process is in. Most users are there, so it
 * has an owner like no other one.
 */
struct namespace_owner owner_of_place(const struct namespace *ns, const struct namespace *home);

/*
 * Puts the namespaces of one owner after each other, home first. (Two users could otherwise create
 * theirs in turn.) If out of memory, the order stays as it is.
 */
void sort_by_owner(struct listing *list, const struct namespace *home);

#endif
