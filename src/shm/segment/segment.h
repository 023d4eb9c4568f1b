/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * segment: the data of one segment. The program reads struct segment from the kernel,
 * determines its state (judge.h), and passes it on to filters, fields and output.
 */
#ifndef SHM_SEGMENT_SEGMENT_H
#define SHM_SEGMENT_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The states of a segment, which judge.h defines. */
enum segment_state {
	STATE_DEST,
	STATE_ATTACHED,
	STATE_KEPT,
	STATE_ORPHANED,
	STATE_DETACHED,
	STATE_COUNT,
};

/*
 * One segment, as the kernel describes it. size, rss and swap are in bytes, times in
 * seconds since 1970 (0: never). Pids are those of this process's PID namespace; 0: no
 * process, or one that cannot be seen from there.
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
	/* its IPC namespace, if several are listed; NULL: that of this process */
	const struct namespace *ns;
	enum segment_state state; /* set by judge_segment() */
	unsigned short mode;      /* permission bits, at most 0777 */
	/* bit fields, since a smaller struct makes long lists faster */
	bool dest : 1;          /* marked for removal (SHM_DEST) */
	bool locked : 1;        /* locked in memory (SHM_LOCKED) */
	bool flags_unknown : 1; /* dest and locked are not known: the list is not from Linux */
	bool memory_known : 1;  /* rss and swap are known */
	bool likely : 1;        /* likely orphaned; set by judge_segment() */
};

/* How a user names a segment: by id or by key. */
struct segment_ref {
	enum { REF_ID, REF_KEY } kind;
	int id;
	key_t key;
	const char *word; /* the argument as typed, for messages */
	/* why the path of an ftok: word gave no key: an errno value or an error of safe_open.h; or 0 */
	int path_error;
};

#endif
