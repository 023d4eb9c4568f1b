/* SPDX-License-Identifier: GPL-2.0-or-later */
/* subuid: which users are one user's, or those of one container. */
#ifndef SHM_PROCESS_SUBUID_H
#define SHM_PROCESS_SUBUID_H

#include <sys/types.h>

/* Users, from the first to the last */
struct uid_range {
	uid_t first;
	uid_t last;
};

/*
 * The users that count as one with this user: those in its range of /etc/subuid (subuid(5)). In
 * a larger range, each 65536 users count as one, since it may be shared by several containers.
 * Of any other user, that user alone.
 */
struct uid_range subuid_range(uid_t uid);

#endif
