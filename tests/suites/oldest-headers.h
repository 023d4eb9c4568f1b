/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For `cc -include`: takes away what glibc 2.28, the headers of Linux 4.18 and
 * popt 1.18 do not have (RHEL 8), so that a build that uses it fails here, too.
 */
#ifndef OLDEST_HEADERS_H
#define OLDEST_HEADERS_H

/* These headers came later: their guards make them empty. */
#define _LINUX_OPENAT2_H
#define _LINUX_CLOSE_RANGE_H
#define _LINUX_PIDFD_H
#define LINUX_IO_URING_H

#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/membarrier.h>
#include <linux/nsfs.h>
#include <malloc.h>
#include <popt.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* popt 1.19 */
#undef POPT_ERROR_UNWANTEDARG

/* Calls since Linux 4.18, which glibc names since 2.29 at the earliest */
#undef SYS_clone3
#undef SYS_close_range
#undef SYS_epoll_pwait2
#undef SYS_faccessat2
#undef SYS_fsconfig
#undef SYS_fsmount
#undef SYS_fsopen
#undef SYS_fspick
#undef SYS_futex_waitv
#undef SYS_io_uring_enter
#undef SYS_io_uring_register
#undef SYS_io_uring_setup
#undef SYS_memfd_secret
#undef SYS_mount_setattr
#undef SYS_move_mount
#undef SYS_open_tree
#undef SYS_openat2
#undef SYS_pidfd_getfd
#undef SYS_pidfd_open
#undef SYS_pidfd_send_signal
#undef SYS_process_madvise
#undef SYS_process_mrelease

/* Constants */
#undef CAP_BPF
#undef CAP_CHECKPOINT_RESTORE
#undef CAP_LAST_CAP
#undef CAP_PERFMON
#undef CLONE_NEWTIME
#undef CLONE_PIDFD
#undef F_SEAL_EXEC
#undef F_SEAL_FUTURE_WRITE
#undef MADV_COLD
#undef MADV_COLLAPSE
#undef MADV_DONTNEED_LOCKED
#undef MADV_PAGEOUT
#undef MADV_POPULATE_READ
#undef MADV_POPULATE_WRITE
#undef MFD_EXEC
#undef MFD_NOEXEC_SEAL
#undef NS_GET_MNTNS_ID
#undef NS_GET_PID_FROM_PIDNS
#undef PROCMAP_QUERY
#undef SEM_STAT_ANY
#undef SHM_STAT_ANY
#undef STATX_MNT_ID

/* Functions since glibc 2.29: to use one is an error. */
#pragma GCC poison _Fork close_range closefrom execveat gettid getdents64 tgkill
#pragma GCC poison epoll_pwait2 fsconfig fsmount fsopen fspick mount_setattr move_mount open_tree
#pragma GCC poison pidfd_getfd pidfd_open pidfd_send_signal process_madvise process_mrelease
#pragma GCC poison arc4random arc4random_buf arc4random_uniform strlcat strlcpy
#pragma GCC poison sigabbrev_np sigdescr_np strerrordesc_np strerrorname_np
#pragma GCC poison posix_spawn_file_actions_addchdir_np posix_spawn_file_actions_addclosefrom_np
#pragma GCC poison posix_spawn_file_actions_addfchdir_np posix_spawn_file_actions_addtcsetpgrp_np
#pragma GCC poison pthread_clockjoin_np pthread_cond_clockwait sem_clockwait twalk_r mallinfo2

#endif
