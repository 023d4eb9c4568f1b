/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compat: constants that headers older than the kernel lack. The program can be
 * compiled with the headers of Linux 4.18 and glibc 2.28. Whether the running
 * kernel has a system call is found out by calling it. Each constant is listed
 * under the first version of Linux that has it.
 */
#ifndef SHM_SYSTEM_COMPAT_H
#define SHM_SYSTEM_COMPAT_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>

/* Linux 4.17: shmctl(2), semctl(2) */
#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif

/* Linux 5.3. Since 5.1 new calls have the same number on all machines but Alpha. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* Linux 5.6 */
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef RESOLVE_NO_MAGICLINKS
#define RESOLVE_NO_MAGICLINKS 0x02
#endif
#ifndef RESOLVE_IN_ROOT
#define RESOLVE_IN_ROOT 0x10
#endif

/* Linux 5.9 */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* struct open_how of <linux/openat2.h>, under a name that cannot clash with it */
struct openat2_how {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};

/* Linux 5.14: madvise(2) */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#endif
