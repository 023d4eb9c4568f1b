/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unit: where the service manager, a container engine or a batch system put a
 * process, as the path of its control group shows (cgroups(7)).
 */
#ifndef SHM_PROCESS_UNIT_H
#define SHM_PROCESS_UNIT_H

/* A name in a cgroup file system has at most 255 bytes; that of a machine gets "machine/". */
enum { UNIT_SIZE = 288 };

/* /proc/PID/cgroup: a path of 4096 bytes for each hierarchy of cgroup v1, and their names. */
enum { CGROUP_SIZE = 64 * 1024 };

/*
 * Finds the unit in the text of /proc/PID/cgroup, of cgroup v1, v2 or both at once:
 *
 *     docker/ID podman/ID       a container; ID: the first 12 digits
 *     pod/UID/ID pod/UID        a container of a Kubernetes pod
 *     lxc/NAME machine/NAME     a container of LXC, or a machine of systemd-machined
 *     slurm/JOB                 a job
 *     NAME.service NAME.scope   a unit of systemd
 *     NAME                      the last part of any other path
 *
 * A container or job counts more than a unit of systemd, and the outermost one counts:
 * that is the one that the tools of this machine know, and what is inside it cannot
 * choose its name. Of several units the innermost one counts. unit becomes empty where there
 * is none: the process is at the root of what can be seen of the cgroups.
 */
void unit_of_cgroup(const char *text, char unit[UNIT_SIZE]);

#endif
