/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * segment: the plain data that travels through the whole program: one struct
 * segment goes from the kernel's list through judgement, filter and fields to
 * the writers.
 */
#ifndef SHM_SEGMENT_SEGMENT_H
#define SHM_SEGMENT_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The states of a segment, see judge.h for what makes each of them. */
enum segment_state {
	STATE_DEST,
	STATE_ATTACHED,
	STATE_KEPT,
	STATE_ORPHANED,
	STATE_DETACHED,
	STATE_COUNT,
};

/*
 * One segment as the kernel told of it. Sizes, rss and swap are in bytes,
 * times in seconds since 1970 (0: never). Pids are of our own pid namespace;
 * 0 is none, or a process that cannot be seen from it.
 */
struct segment {
	int id;
	key_t key;
	pid_t cpid;
	pid_t lpid;
	uid_t uid;
	gid_t gid;
	uid_t cuid;
	gid_t cgid;
	uint64_t size;
	uint64_t nattch;
	uint64_t rss;
	uint64_t swap;
	int64_t atime;
	int64_t dtime;
	int64_t ctime;
	/* where it is, when several are looked at; NULL: the IPC namespace that we are in */
	const struct namespace *ns;
	enum segment_state state; /* set by judge() */
	unsigned short mode;      /* permission bits, 0777 at most */
	/* bits, since a list of many thousands is as fast as it is small */
	bool dest : 1;          /* marked for removal (SHM_DEST) */
	bool locked : 1;        /* locked into memory (SHM_LOCKED) */
	bool flags_unknown : 1; /* another system's list: dest and locked are not known */
	bool memory_known : 1;  /* rss and swap are known */
	bool likely : 1;        /* likely orphaned; set by judge() */
};

/* What a user named: an id or a key. */
struct segment_ref {
	enum { REF_ID, REF_KEY } kind;
	int id;
	key_t key;
	const char *word; /* as it was typed */
};

#endif
