/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * procfs: reads files of /proc/PID. Those that can make the reader wait (workers.h) are read only
 * of this process, or in a worker.
 */
#ifndef SHM_PROCESS_PROCFS_H
#define SHM_PROCESS_PROCFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { COMMAND_SIZE = 64 };

/*
 * Whether /proc belongs to the PID namespace of this process. If not (unshare --pid
 * without --mount-proc, nsenter --mount without --pid), /proc/PID is another process
 * than PID is for system calls.
 */
bool proc_is_ours(void);

/* Whether /proc shows only some processes to this one (hidepid in proc(5)). */
bool proc_hides_processes(void);

/* Whether /proc belongs to the initial PID namespace, which sees the processes of all others. */
bool proc_is_complete(void);

/* The id of an open file's mount, as in /proc/self/mountinfo. Returns 0 or an errno value. */
int mount_id(int fd, uint64_t *id);

/* The pid that is the name of a directory in /proc; 0: the name is not a number. */
pid_t process_number(const char *name);

/*
 * Whether this error of a file in the directory of a process or thread means that it has exited.
 */
bool process_has_exited(int directory, int error);

/*
 * Calls look for each thread of the process whose directory in /proc is open: with the thread's
 * directory, which is that of the process if it has no other thread. Ignores threads that exit.
 * Returns 0 or an errno value, also one of look, which ends it. ESRCH: all have exited. ETIME:
 * it creates threads as fast as they are listed.
 */
typedef int thread_look(void *context, int directory, pid_t tid);
int threads_each(int process, pid_t pid, thread_look *look, void *context);

/*
 * Reads the command name (comm) of a process or thread; empty if it cannot be read.
 * process_read_command_at() reads that of the one whose directory in /proc is open.
 */
void process_read_command(pid_t pid, char command[COMMAND_SIZE]);
void process_read_command_at(int process, char command[COMMAND_SIZE]);

/*
 * The inode of the namespace of this kind ("ipc") that a symbolic link in /proc leads to, as its
 * text says: following the link is slower. 0: it leads to none, or cannot be read, see errno.
 */
ino_t namespace_inode(int directory, const char *link, const char *kind);

/*
 * The effective user of a process or thread; (uid_t)-1: it has exited. That is the owner of its
 * directory, even if it is undumpable (task_dump_owner() in the kernel's fs/proc/base.c).
 * /proc/PID/status also has it, but while that is read, the process may exit: then the reader
 * releases its memory, and may have to wait for a file system, without end.
 */
uid_t process_user(pid_t pid);

/*
 * In a worker: whether root runs it, and no other user did, by a program with the set-user-ID bit.
 * It reads /proc/PID/status, but only of a process that root's rights protect.
 */
bool process_is_of_root(pid_t pid);

#endif
